// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/plan.hpp"
#include "estimator/error_curve.hpp"

#include <string>
#include <string_view>

/// \file
/// What a plan says beside its number.

namespace bochner::estimator {

/// Throws InvalidArgument unless the error and the confidence are in range.
void require_target(const ErrorTarget& target);

std::string shortened(double value);
std::string percent(double fraction);

/// Whether the features are exponentials, and hence unbounded.
bool is_exponential(const FeatureMapSpec& spec);

/// What to use instead of a map that cannot reach the target, or hardly.
std::string better_map(const FeatureMapSpec& spec, double bias);

/// What a number of frequencies promises, and on what grounds.
struct Promise {
  std::string what;
  std::string_view grounds;
};
std::string_view grounds_at_pair(Basis basis);
std::string_view grounds_over_matrix(Basis basis);

/// The plan for what was found: its statement is the promise, or what stands in the way.
/// `log_frequencies` is the logarithm of about how many it takes.
FrequencyPlan plan_of(const FeatureMapSpec& spec, const ErrorCurve& curve, const Found& found,
                      double log_frequencies, const ErrorTarget& target, Basis basis,
                      const Promise& promise);

}  // namespace bochner::estimator
