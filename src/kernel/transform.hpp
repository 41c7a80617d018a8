// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/core/view.hpp"

#include <vector>

/// \file
/// The linear change of variables that turns a kernel into its standard form.

namespace bochner {

/// x~ = A x: either a diagonal, or (when `matrix` is not empty) a full A, row-major.
struct InputTransform {
  std::vector<double> diagonal;  ///< dim numbers, when A is diagonal
  std::vector<double> matrix;    ///< dim x dim numbers, when A is full

  Index dim() const;
  /// out = A x; out must not be x.
  void apply(const double* x, double* out) const;
  /// out = A^T w; out must not be w.
  void apply_transpose(const double* w, double* out) const;
  /// The rows A x_i.
  Matrix<double> rows(MatrixView<const double> x) const;
};

}  // namespace bochner
