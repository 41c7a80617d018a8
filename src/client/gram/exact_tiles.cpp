// SPDX-License-Identifier: Apache-2.0
#include "client/gram/exact_tiles.hpp"

#include "kernel/standard_form.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace bochner::gram {
namespace {

/// Ten bits are lost to cancellation where less than this is left.
constexpr double kNear = 1.0 / 1024.0;

/// Whether |x - y|^2 from x.y, |x|^2 and |y|^2 has lost ten bits or more, or left the range of
/// double: what is left of a difference of 1e-8 |x| is then nothing, and kernels that are not
/// smooth at zero show it.
bool distance_cancels(double xy, double xx, double yy) {
  constexpr double kLargest = 0.25 * std::numeric_limits<double>::max();
  const double both = xx + yy;
  return !(both - 2.0 * xy >= kNear * both && both <= kLargest);
}

/// The same of x.y beside |x| |y|.
bool product_may_cancel(double xy, double xx, double yy) {
  return !(xy * xy >= kNear * kNear * xx * yy && std::isfinite(xy));
}

/// The same of x.y beside its terms: rows that share no column are orthogonal without a loss.
bool product_cancels(double xy, const double* x, const double* y, Index dim) {
  double terms = 0.0;
  for (Index k = 0; k < dim; ++k) terms += std::abs(x[k] * y[k]);
  return !(std::abs(xy) >= kNear * terms && std::isfinite(xy));
}

/// u - v
double difference(linalg::TwiceVector u, linalg::TwiceVector v, Index k) {
  return (u.high[k] - v.high[k]) + (u.low[k] - v.low[k]);
}

}  // namespace

void ExactTiles::Cancelled::clear() {
  column.clear();
  xy.clear();
  yy.clear();
}

void ExactTiles::Cancelled::add(Index c, double product, double square) {
  column.push_back(c);
  xy.push_back(product);
  yy.push_back(square);
}

ExactTiles::ExactTiles(const Kernel& kernel, const KernelRows& y)
    : kernel_(kernel),
      y_(y),
      shift_invariant_(standard_form(kernel, y.dim()).shift_invariant),
      packed_(by_products() ? simd::padded<double>(y.size()) : 0, y.dim()) {
  if (by_products()) simd::pack_columns<double>(y.view().transpose(), packed_.data());
}

bool ExactTiles::by_products() const { return has_product_values(kernel_); }

void ExactTiles::tile(const KernelRows& x, Index row, Index rows, Index col, Index cols,
                      double* out, Index ld) const {
  if (!by_products()) {
    for (Index r = 0; r < rows; ++r) values_from_rows(x, row + r, col, cols, out + r * ld);
    return;
  }
  simd::kernels<double>().project(x.row(row), x.ld(), rows, packed_.row(col), x.dim(), cols, out,
                                  ld);
  Cancelled cancelled;
  for (Index r = 0; r < rows; ++r) {
    values_from_products(x, row + r, col, cols, out + r * ld, cancelled);
  }
}

double ExactTiles::entry(const KernelRows& x, Index i, Index j) const {
  double value = 0.0;
  if (by_products()) {
    Cancelled cancelled;
    // As the engine takes products and squared norms, so that equal rows have exactly k(x, x).
    for (Index k = 0; k < x.dim(); ++k) value = std::fma(x.row(i)[k], y_.row(j)[k], value);
    values_from_products(x, i, j, 1, &value, cancelled);
  } else {
    values_from_rows(x, i, j, 1, &value);
  }
  return value;
}

/// `values` holds x_i.y_j on entry.
void ExactTiles::values_from_products(const KernelRows& x, Index i, Index col, Index cols,
                                      double* values, Cancelled& cancelled) const {
  const double* const yy = y_.squared_norms() + col;
  const double xx = x.squared_norms()[i];
  const linalg::TwiceVector here = x.precise_row(i);
  cancelled.clear();
  for (Index c = 0; c < cols; ++c) {
    const linalg::TwiceVector there = y_.precise_row(col + c);
    if (shift_invariant_ && distance_cancels(values[c], xx, yy[c])) {
      cancelled.add(c, 0.0, squared_distance(here, there));
    }
    if (!shift_invariant_ && product_may_cancel(values[c], xx, yy[c]) &&
        product_cancels(values[c], here.high, there.high, y_.dim())) {
      cancelled.add(c, linalg::dot(here, there, y_.dim()), yy[c]);
    }
  }
  kernel_values(kernel_, values, xx, yy, values, cols);
  if (cancelled.column.empty()) return;
  cancelled.value.resize(cancelled.column.size());
  kernel_values(kernel_, cancelled.xy.data(), shift_invariant_ ? 0.0 : xx, cancelled.yy.data(),
                cancelled.value.data(), static_cast<Index>(cancelled.column.size()));
  for (std::size_t k = 0; k < cancelled.column.size(); ++k) {
    const bool lost = !std::isfinite(cancelled.xy[k]);
    values[cancelled.column[k]] =
        lost ? std::numeric_limits<double>::quiet_NaN() : cancelled.value[k];
  }
}

void ExactTiles::values_from_rows(const KernelRows& x, Index i, Index col, Index cols,
                                  double* values) const {
  if (!shift_invariant_) {
    row_values(kernel_, x.row(i), y_.view().middle_rows(col, cols), values);
    return;
  }
  const std::vector<double> origin(static_cast<std::size_t>(y_.dim()), 0.0);
  Matrix<double> differences(cols, y_.dim());
  const linalg::TwiceVector here = x.precise_row(i);
  for (Index c = 0; c < cols; ++c) {
    const linalg::TwiceVector there = y_.precise_row(col + c);
    for (Index k = 0; k < y_.dim(); ++k) differences(c, k) = difference(there, here, k);
  }
  row_values(kernel_, origin.data(), differences.view(), values);
}

double ExactTiles::squared_distance(linalg::TwiceVector x, linalg::TwiceVector y) const {
  double square = 0.0;
  for (Index k = 0; k < y_.dim(); ++k) {
    const double d = difference(x, y, k);
    square += d * d;
  }
  return square;
}

}  // namespace bochner::gram
