// SPDX-License-Identifier: Apache-2.0
#include "client/regression/column_spread.hpp"

#include <algorithm>
#include <cmath>

namespace bochner::regression {
namespace {

/// Beyond these quantiles entries are moved to them: one in a hundred at either end.
constexpr std::size_t kClipped = 100;

double standard_deviation(const std::vector<double>& values) {
  double mean = 0.0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double variance = 0.0;
  for (const double value : values) {
    variance += (value - mean) * (value - mean) / static_cast<double>(values.size());
  }
  return std::sqrt(variance);
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
    // A quantile range would jump with the steps of whole numbers.
    std::vector<double> clipped = values;
    const std::size_t cut = n / kClipped;
    std::fill_n(clipped.begin(), cut, values[cut]);
    std::fill_n(clipped.end() - static_cast<std::ptrdiff_t>(cut), cut, values[n - 1 - cut]);
    double spread = standard_deviation(clipped);
    if (!(spread > 0.0)) spread = standard_deviation(values);
    result.median.push_back(values[n / 2]);
    result.spread.push_back(values.front() < values.back() && spread > 0.0 ? spread : 1.0);
  }
  return result;
}

template ColumnSpread column_spread(MatrixView<const float>);
template ColumnSpread column_spread(MatrixView<const double>);

}  // namespace bochner::regression
