// SPDX-License-Identifier: Apache-2.0
#include "features/degrees.hpp"

#include "random/elementary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bochner::feature_functions {

ExactSplit exact_split(ExactTerms exact, const PowerSeries& series) {
  constexpr double kNothing = -std::numeric_limits<double>::infinity();
  ExactSplit out;
  if (exact == ExactTerms::none) return out;
  out.constant = series.log_coefficient(0) > kNothing;
  out.first_random = 1;
  if (exact == ExactTerms::constant) return out;
  out.linear = series.log_coefficient(1) > kNothing;
  out.first_random = 2;
  return out;
}

std::vector<double> degree_law(const PowerSeries& series, Index first, double radius) {
  const double log_ratio = 2.0 * elementary::log(radius);
  // Degrees of the exponential are Poisson's, of mean radius^2.
  const double mean = radius * radius;
  const auto farthest = static_cast<Index>(mean + 14.0 * std::sqrt(mean) + 40.0);
  const Index last = std::min(series.degree(), farthest);
  std::vector<double> log_weight;
  for (Index n = first; n <= last; ++n) {
    log_weight.push_back(series.log_coefficient(n) + static_cast<double>(n) * log_ratio);
  }
  if (log_weight.empty()) return {};
  const double largest = *std::max_element(log_weight.begin(), log_weight.end());
  std::vector<double> law;
  double sum = 0.0;
  for (const double w : log_weight) law.push_back(sum += elementary::exp(w - largest));
  for (double& p : law) p /= sum;
  return law;
}

}  // namespace bochner::feature_functions
