// SPDX-License-Identifier: Apache-2.0
#include "client/regression/column_spread.hpp"

#include <algorithm>
#include <cmath>

namespace bochner::regression {
namespace {

/// Of the standard normal law: twice its upper quartile.
constexpr double kNormalRange = 1.3489795003921634;

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
    double spread = (values[n - 1 - n / 4] - values[n / 4]) / kNormalRange;
    if (!(spread > 0.0)) spread = standard_deviation(values);
    result.median.push_back(values[n / 2]);
    result.spread.push_back(values.front() < values.back() && spread > 0.0 ? spread : 1.0);
  }
  return result;
}

template ColumnSpread column_spread(MatrixView<const float>);
template ColumnSpread column_spread(MatrixView<const double>);

}  // namespace bochner::regression
