// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/gram/kernel_rows.hpp"

#include <vector>

/// \file
/// Tiles of an exact Gram matrix.

namespace bochner::gram {

/// k(x_i, y_j) by tiles. Holds the rows of y packed for the engine; `kernel` and `y` must outlive
/// it. Entries that double cannot hold are NaN or infinite.
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
  /// Entries of one row whose products cancel, with products in twice the precision.
  struct Cancelled {
    std::vector<Index> column;
    std::vector<double> xy, yy, value;

    void clear();
    void add(Index c, double product, double square);
  };

  bool by_products() const;
  void values_from_products(const KernelRows& x, Index i, Index col, Index cols, double* values,
                            Cancelled& cancelled) const;
  void values_from_rows(const KernelRows& x, Index i, Index col, Index cols, double* values) const;
  double squared_distance(linalg::TwiceVector x, linalg::TwiceVector y) const;

  const Kernel& kernel_;
  const KernelRows& y_;
  bool shift_invariant_;  ///< k depends on x - y only
  Matrix<double> packed_;
};

}  // namespace bochner::gram
