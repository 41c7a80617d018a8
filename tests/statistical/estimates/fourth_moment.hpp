// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pairs.hpp"
#include "support/statistics.hpp"

#include <bochner/estimator/check.hpp>
#include <bochner/estimator/variance.hpp>

#include <cmath>
#include <cstdint>

namespace bochner::testing {

/// The fourth central moment of a mean of m independent f, from raw moments of f.
inline double fourth_of_mean(const FeatureMapSpec& spec, const Pair& pair) {
  const double e1 = row_moment(spec, 1, pair.x, pair.y);
  const double e2 = row_moment(spec, 2, pair.x, pair.y);
  const double e3 = row_moment(spec, 3, pair.x, pair.y);
  const double e4 = row_moment(spec, 4, pair.x, pair.y);
  const double variance = e2 - e1 * e1;
  const double fourth = e4 - 4.0 * e1 * e3 + 6.0 * e1 * e1 * e2 - 3.0 * std::pow(e1, 4);
  const auto m = static_cast<double>(spec.num_frequencies);
  return (fourth + 3.0 * (m - 1.0) * variance * variance) / (m * m * m);
}

/// Checks the variance of the mean of independent f against its closed form; the result is there
/// for twins to be held against.
inline CheckResult check_row_variance(const FeatureMapSpec& spec, const Pair& pair,
                                      std::uint64_t seed) {
  const CheckResult result = check_variance(
      estimates_of(spec, pair.x, pair.y), kernel_moments(spec, pair.x, pair.y).variance,
      fourth_of_mean(spec, pair), {.replicates = 40000, .seed = {seed}});
  INFO(to_text(spec) << ": " << result.sentence);
  check_z(result.measured, result.expected, result.sigma);
  return result;
}

}  // namespace bochner::testing
