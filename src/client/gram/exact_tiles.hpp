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

 private:
  const Kernel& kernel_;
  const KernelRows& y_;
  bool by_difference_;  ///< k depends on x - y only
  Matrix<double> packed_;
};

/// Whether |x - y|^2 from x.y, |x|^2 and |y|^2 has lost ten bits or more to cancellation: what is
/// left of a difference of 1e-8 |x| is then nothing, and kernels that are not smooth at zero show
/// it.
inline bool cancels(double xy, double xx, double yy) {
  constexpr double kNear = 1.0 / 1024.0;
  return (xx + yy) - 2.0 * xy < kNear * (xx + yy);
}

/// k(x, y) of a kernel of x - y only, from the difference.
double value_by_difference(const Kernel& kernel, const double* x, const double* y, Index dim);

}  // namespace bochner::gram
