// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"

#include <optional>
#include <vector>

/// \file
/// Eigendecomposition of small symmetric matrices.

namespace bochner::linalg {

/// A = V diag(values) V^T.
struct EigenDecomposition {
  std::vector<double> values;  ///< ascending
  Matrix<double> vectors;      ///< V: column j belongs to values[j]
};

/// Reads the lower triangle of the square matrix `a`, any strides. About 9 n^3 operations on one
/// thread: for orders up to a thousand or so. Returns nothing when that triangle holds NaN or
/// infinity, or when the iteration does not converge.
std::optional<EigenDecomposition> symmetric_eigen(MatrixView<const double> a);

}  // namespace bochner::linalg
