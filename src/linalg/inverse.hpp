// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"

/// \file
/// Inverses of small square matrices.

namespace bochner::linalg {

struct Inverse {
  Matrix<double> matrix;   ///< A^-1; unspecified numbers where A has none
  double condition = 0.0;  ///< |A| |A^-1| in row-sum norms; infinite where A has no inverse
};

/// Gauss-Jordan elimination with the largest pivot of each column, every sum in a fixed order, no
/// fused operation: the same bits everywhere (tier A). Any strides. 2 n^3 operations, 2 n^2 numbers
/// of scratch.
Inverse inverse(MatrixView<const double> a);

}  // namespace bochner::linalg
