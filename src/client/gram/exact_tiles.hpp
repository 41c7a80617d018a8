// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/gram/kernel_rows.hpp"

/// \file
/// Tiles of an exact Gram matrix.

namespace bochner::gram {

/// k(x_i, y_j) by tiles. Holds the rows of y packed for the engine; `kernel` and `y` must outlive
/// it.
class ExactTiles {
 public:
  ExactTiles(const Kernel& kernel, const KernelRows& y);

  /// out[r * ld + c] = k(x_{row + r}, y_{col + c}) for at most 64 rows. `col` is a multiple of
  /// `simd::kPanel<double>`, `out` 64-byte aligned, `ld` a multiple of the same.
  void tile(const KernelRows& x, Index row, Index rows, Index col, Index cols, double* out,
            Index ld) const;

  /// k(x_i, y_j).
  double entry(const KernelRows& x, Index i, Index j) const;

 private:
  double value_by_difference(const double* x, const double* y) const;

  const Kernel& kernel_;
  const KernelRows& y_;
  bool by_difference_;  ///< k depends on x - y only
  Matrix<double> packed_;
};

}  // namespace bochner::gram
