// SPDX-License-Identifier: Apache-2.0
#include "client/regression/column_spread.hpp"

#include "client/regression/gathered_rows.hpp"

#include <algorithm>
#include <cmath>
#include <compare>
#include <limits>

namespace bochner::regression {
namespace {

/// One part in this many of the weight is clipped at either end.
constexpr double kClipped = 100.0;

/// An entry and the weight of its row.
struct Weighted {
  double value;
  double weight;
  friend auto operator<=>(const Weighted&, const Weighted&) = default;
};

/// The first of [first, last) that takes the sum of weights above `part`.
template <class Iterator>
double value_beyond(Iterator first, Iterator last, double part) {
  double sum = first->weight;
  while (!(sum > part) && first + 1 != last) sum += (++first)->weight;
  return first->value;
}

/// Of ascending values, in units of a power of two near their range, so that no square leaves the
/// range of doubles.
double standard_deviation(const std::vector<Weighted>& entries, double weight) {
  double mean = 0.0;
  for (const Weighted& entry : entries) mean += entry.value / (weight / entry.weight);
  const double range = 0.5 * entries.back().value - 0.5 * entries.front().value;
  if (!(range > 0.0)) return 0.0;
  const int exponent = std::ilogb(range);
  double variance = 0.0;
  for (const Weighted& entry : entries) {
    const double difference = std::ldexp(entry.value, -exponent) - std::ldexp(mean, -exponent);
    variance += difference * difference / (weight / entry.weight);
  }
  return std::ldexp(std::sqrt(variance), exponent);
}

/// Equal up to the rounding of T.
template <Scalar T>
bool constant(double lowest, double highest) {
  const double size = std::max(std::abs(lowest), std::abs(highest));
  const double rounding = 4.0 * static_cast<double>(std::numeric_limits<T>::epsilon()) * size;
  return 0.5 * highest - 0.5 * lowest <= 0.5 * rounding;
}

/// Column k of the rows of positive weight, ascending.
template <Scalar T>
std::vector<Weighted> sorted_column(const TrainingRows<T>& rows, Index k) {
  std::vector<Weighted> entries;
  for (Index i = 0; i < rows.x.rows; ++i) {
    const double weight = weight_of(rows, i);
    if (weight > 0.0) entries.push_back({static_cast<double>(rows.x(i, k)), weight});
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace

template <Scalar T>
ColumnSpread column_spread(const TrainingRows<T>& rows) {
  double weight = 0.0;
  for (Index i = 0; i < rows.x.rows; ++i) weight += weight_of(rows, i);
  ColumnSpread result;
  for (Index k = 0; k < rows.x.cols; ++k) {
    const std::vector<Weighted> entries = sorted_column(rows, k);
    if (entries.empty()) {
      result.median.push_back(0.0);
      result.spread.push_back(1.0);
      continue;
    }
    // A range between quantiles would jump where entries are whole numbers.
    const double low = value_beyond(entries.begin(), entries.end(), weight / kClipped);
    const double high = value_beyond(entries.rbegin(), entries.rend(), weight / kClipped);
    std::vector<Weighted> clipped = entries;
    for (Weighted& entry : clipped) entry.value = std::clamp(entry.value, low, high);
    double spread = standard_deviation(clipped, weight);
    if (!(spread > 0.0)) spread = standard_deviation(entries, weight);
    const bool same = constant<T>(entries.front().value, entries.back().value);
    result.median.push_back(value_beyond(entries.begin(), entries.end(), weight / 2.0));
    result.spread.push_back(!same && std::isnormal(spread) ? spread : 1.0);
  }
  return result;
}

template ColumnSpread column_spread(const TrainingRows<float>&);
template ColumnSpread column_spread(const TrainingRows<double>&);

}  // namespace bochner::regression
