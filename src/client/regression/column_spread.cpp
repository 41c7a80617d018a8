// SPDX-License-Identifier: Apache-2.0
#include "client/regression/column_spread.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bochner::regression {
namespace {

/// One entry in this many is clipped at either end.
constexpr std::size_t kClipped = 100;

/// Of ascending values, in units of a power of two near their range, so that no square leaves the
/// range of doubles.
double standard_deviation(const std::vector<double>& values) {
  double mean = 0.0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  const double range = 0.5 * values.back() - 0.5 * values.front();
  if (!(range > 0.0)) return 0.0;
  const int exponent = std::ilogb(range);
  double variance = 0.0;
  for (const double value : values) {
    const double difference = std::ldexp(value, -exponent) - std::ldexp(mean, -exponent);
    variance += difference * difference / static_cast<double>(values.size());
  }
  return std::ldexp(std::sqrt(variance), exponent);
}

/// Equal up to the rounding of T.
template <Scalar T>
bool constant(const std::vector<double>& ascending) {
  const double size = std::max(std::abs(ascending.front()), std::abs(ascending.back()));
  const double rounding = 4.0 * static_cast<double>(std::numeric_limits<T>::epsilon()) * size;
  return 0.5 * ascending.back() - 0.5 * ascending.front() <= 0.5 * rounding;
}

}  // namespace

template <Scalar T>
ColumnSpread column_spread(MatrixView<const T> x) {
  ColumnSpread result;
  for (Index k = 0; k < x.cols; ++k) {
    std::vector<double> values;
    for (Index i = 0; i < x.rows; ++i) values.push_back(static_cast<double>(x(i, k)));
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    // A range between quantiles would jump where entries are whole numbers.
    std::vector<double> clipped = values;
    const std::size_t cut = n / kClipped;
    std::fill_n(clipped.begin(), cut, values[cut]);
    std::fill_n(clipped.end() - static_cast<std::ptrdiff_t>(cut), cut, values[n - 1 - cut]);
    double spread = standard_deviation(clipped);
    if (!(spread > 0.0)) spread = standard_deviation(values);
    result.median.push_back(values[n / 2]);
    result.spread.push_back(!constant<T>(values) && std::isnormal(spread) ? spread : 1.0);
  }
  return result;
}

template ColumnSpread column_spread(MatrixView<const float>);
template ColumnSpread column_spread(MatrixView<const double>);

}  // namespace bochner::regression
