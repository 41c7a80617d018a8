// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/training_rows.hpp"
#include "core/door.hpp"

#include <vector>

/// \file
/// Weighted mean and variance of targets.

namespace bochner::regression {

struct TargetScale {
  double weight = 0.0;  ///< sum of the rows' weights
  std::vector<double> mean;
  std::vector<double> variance;  ///< 1 where values are equal up to rounding
};

/// Throws InvalidArgument when no row has a positive weight, and when a variance leaves the range
/// of doubles.
template <Scalar T>
TargetScale target_scale(const Door& door, const TrainingRows<T>& rows);

}  // namespace bochner::regression
