// SPDX-License-Identifier: Apache-2.0
#include "client/regression/target_scale.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/gathered_rows.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace bochner::regression {
namespace {

/// The range of a target over the rows of positive weight.
struct Range {
  double lowest = std::numeric_limits<double>::infinity();
  double highest = -lowest;

  /// Up to the rounding of the numbers themselves.
  bool constant() const {
    return highest - lowest <= 4.0 * std::numeric_limits<double>::epsilon() *
                                   std::max(std::abs(lowest), std::abs(highest));
  }
};

template <Scalar T>
Range range_of(const TrainingRows<T>& rows, Index target) {
  Range range;
  for (Index i = 0; i < rows.x.rows; ++i) {
    if (!(weight_of(rows, i) > 0.0)) continue;
    range.lowest = std::min(range.lowest, rows.targets(i, target));
    range.highest = std::max(range.highest, rows.targets(i, target));
  }
  return range;
}

}  // namespace

template <Scalar T>
TargetScale target_scale(const Door& door, const TrainingRows<T>& rows) {
  TargetScale scale;
  for (Index i = 0; i < rows.x.rows; ++i) scale.weight += weight_of(rows, i);
  require_weight(door, scale.weight);
  for (Index c = 0; c < rows.targets.cols; ++c) {
    const Range range = range_of(rows, c);
    // Taken about one of the values, so that means of large numbers keep their digits.
    double mean = 0.0;
    for (Index i = 0; i < rows.x.rows; ++i) {
      const double weight = weight_of(rows, i);
      if (weight > 0.0) mean += weight / scale.weight * (rows.targets(i, c) - range.lowest);
    }
    double variance = 0.0;
    for (Index i = 0; i < rows.x.rows; ++i) {
      const double weight = weight_of(rows, i);
      const double difference = rows.targets(i, c) - range.lowest - mean;
      if (weight > 0.0) variance += weight / scale.weight * (difference * difference);
    }
    if (!range.constant() && !std::isnormal(variance)) {
      door.refuse("targets: column " + std::to_string(c) + " spreads from " +
                  text::number(range.lowest) + " to " + text::number(range.highest) +
                  ", and squares of that are out of range; " +
                  (variance < 1.0 ? "multiply" : "divide") + " it by a constant");
    }
    scale.mean.push_back(range.lowest + mean);
    scale.variance.push_back(range.constant() ? 1.0 : variance);
  }
  return scale;
}

template TargetScale target_scale(const Door&, const TrainingRows<float>&);
template TargetScale target_scale(const Door&, const TrainingRows<double>&);

}  // namespace bochner::regression
