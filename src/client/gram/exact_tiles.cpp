// SPDX-License-Identifier: Apache-2.0
#include "client/gram/exact_tiles.hpp"

#include "kernel/standard_form.hpp"

#include <vector>

namespace bochner::gram {

ExactTiles::ExactTiles(const Kernel& kernel, const KernelRows& y)
    : kernel_(kernel),
      y_(y),
      by_difference_(standard_form(kernel, y.dim()).shift_invariant),
      packed_(simd::padded<double>(y.size()), y.dim()) {
  simd::pack_columns<double>(y.view().transpose(), packed_.data());
}

void ExactTiles::tile(const KernelRows& x, Index row, Index rows, Index col, Index cols,
                      double* out, Index ld) const {
  if (!has_product_values(kernel_)) {
    for (Index r = 0; r < rows; ++r) {
      row_values(kernel_, x.row(row + r), y_.view().middle_rows(col, cols), out + r * ld);
    }
    return;
  }
  simd::kernels<double>().project(x.row(row), x.ld(), rows, packed_.row(col), x.dim(), cols, out,
                                  ld);
  const double* const yy = y_.squared_norms() + col;
  std::vector<Index> near;
  for (Index r = 0; r < rows; ++r) {
    double* const values = out + r * ld;
    const double xx = x.squared_norms()[row + r];
    near.clear();
    for (Index c = 0; by_difference_ && c < cols; ++c) {
      if (cancels(values[c], xx, yy[c])) near.push_back(c);
    }
    kernel_values(kernel_, values, xx, yy, values, cols);
    for (const Index c : near) {
      values[c] = value_by_difference(kernel_, x.row(row + r), y_.row(col + c), x.dim());
    }
  }
}

double value_by_difference(const Kernel& kernel, const double* x, const double* y, Index dim) {
  const double zero = 0.0;
  double square = 0.0;
  for (Index k = 0; k < dim; ++k) square += (x[k] - y[k]) * (x[k] - y[k]);
  double value = 0.0;
  kernel_values(kernel, &zero, square, &zero, &value, 1);
  return value;
}

}  // namespace bochner::gram
