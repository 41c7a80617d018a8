// SPDX-License-Identifier: Apache-2.0
#include "client/regression/target_scale.hpp"

#include "bochner/core/error.hpp"
#include "client/regression/gathered_rows.hpp"

#include <string>

namespace bochner::regression {

template <Scalar T>
TargetScale target_scale(const char* function, const TrainingRows<T>& rows) {
  TargetScale scale;
  for (Index i = 0; i < rows.x.rows; ++i) scale.weight += weight_of(rows, i);
  if (!(scale.weight > 0.0)) {
    throw InvalidArgument(std::string(function) + ": there is no row of positive weight");
  }
  for (Index c = 0; c < rows.targets.cols; ++c) {
    double mean = 0.0;
    for (Index i = 0; i < rows.x.rows; ++i) {
      mean += weight_of(rows, i) * rows.targets(i, c) / scale.weight;
    }
    double variance = 0.0;
    for (Index i = 0; i < rows.x.rows; ++i) {
      const double difference = rows.targets(i, c) - mean;
      variance += weight_of(rows, i) * difference * difference / scale.weight;
    }
    scale.mean.push_back(mean);
    scale.variance.push_back(variance > 0.0 ? variance : 1.0);
  }
  return scale;
}

template TargetScale target_scale(const char*, const TrainingRows<float>&);
template TargetScale target_scale(const char*, const TrainingRows<double>&);

}  // namespace bochner::regression
