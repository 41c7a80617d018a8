// SPDX-License-Identifier: Apache-2.0
#include "client/gram/standardised.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <vector>

namespace bochner::gram {
namespace {

/// Spreads below this part of a column's size are rounding errors.
constexpr double kRounding = 1e-13;

struct Column {
  Index index;
  double unit;  ///< the largest entry: what is divided by it neither overflows nor vanishes
  double mean;
  double deviation;
};

/// Of entries over their unit; deviation 0 where the column does not vary.
Column column_of(MatrixView<const double> x, Index k) {
  Column out{k, 0.0, 0.0, 0.0};
  for (Index i = 0; i < x.rows; ++i) out.unit = std::max(out.unit, std::abs(x(i, k)));
  if (out.unit == 0.0) return out;
  const auto n = static_cast<double>(x.rows);
  for (Index i = 0; i < x.rows; ++i) out.mean += x(i, k) / out.unit / n;
  double square = 0.0;
  for (Index i = 0; i < x.rows; ++i) square += std::pow(x(i, k) / out.unit - out.mean, 2) / n;
  const double deviation = std::sqrt(square);
  if (deviation > kRounding) out.deviation = deviation;
  return out;
}

}  // namespace

Matrix<double> standardised(MatrixView<const double> x) {
  std::vector<Column> varying;
  for (Index k = 0; k < x.cols; ++k) {
    const Column column = column_of(x, k);
    if (column.deviation > 0.0) varying.push_back(column);
  }
  Matrix<double> out(x.rows, std::ssize(varying));
  for (Index c = 0; c < out.cols(); ++c) {
    const auto [k, unit, mean, deviation] = varying[static_cast<std::size_t>(c)];
    for (Index i = 0; i < x.rows; ++i) out(i, c) = (x(i, k) / unit - mean) / deviation;
  }
  return out;
}

}  // namespace bochner::gram
