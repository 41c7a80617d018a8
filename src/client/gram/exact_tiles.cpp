// SPDX-License-Identifier: Apache-2.0
#include "client/gram/exact_tiles.hpp"

#include "kernel/standard_form.hpp"

#include <numeric>
#include <vector>

namespace bochner::gram {
namespace {

/// Whether |x - y|^2 from x.y, |x|^2 and |y|^2 has lost ten bits or more to cancellation: what is
/// left of a difference of 1e-8 |x| is then nothing, and kernels that are not smooth at zero show
/// it.
bool cancels(double xy, double xx, double yy) {
  constexpr double kNear = 1.0 / 1024.0;
  return (xx + yy) - 2.0 * xy < kNear * (xx + yy);
}

}  // namespace

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
      values[c] = value_by_difference(x.row(row + r), y_.row(col + c));
    }
  }
}

double ExactTiles::entry(const KernelRows& x, Index i, Index j) const {
  double value = 0.0;
  if (!has_product_values(kernel_)) {
    row_values(kernel_, x.row(i), y_.view().middle_rows(j, 1), &value);
    return value;
  }
  const double* const a = x.row(i);
  const double* const b = y_.row(j);
  const double xy = std::inner_product(a, a + x.dim(), b, 0.0);
  const double xx = std::inner_product(a, a + x.dim(), a, 0.0);
  const double yy = std::inner_product(b, b + x.dim(), b, 0.0);
  if (by_difference_ && cancels(xy, xx, yy)) return value_by_difference(a, b);
  kernel_values(kernel_, &xy, xx, &yy, &value, 1);
  return value;
}

/// Of a kernel of x - y only.
double ExactTiles::value_by_difference(const double* x, const double* y) const {
  const double zero = 0.0;
  double square = 0.0;
  for (Index k = 0; k < y_.dim(); ++k) square += (x[k] - y[k]) * (x[k] - y[k]);
  double value = 0.0;
  kernel_values(kernel_, &zero, square, &zero, &value, 1);
  return value;
}

}  // namespace bochner::gram
