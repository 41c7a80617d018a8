// SPDX-License-Identifier: Apache-2.0
#include "features/degrees.hpp"

#include "bochner/core/error.hpp"
#include "random/elementary.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace bochner {
namespace {

/// P(N <= n) for n = first, first + 1, ..., P(N = n) proportional to a_n radius^(2n); what lies
/// beyond the last n is less than a bit of a double. Empty when no coefficient is left.
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

ProductLayout maclaurin_layout(const MaclaurinFeatures& features, const PowerSeries& series,
                               Index dim, Index m, Seed seed) {
  const ExactSplit split = exact_split(features, series);
  ProductLayout layout;
  layout.num_exact = split.columns(dim);
  if (split.constant) layout.degree.push_back(0);
  if (split.linear) layout.degree.insert(layout.degree.end(), static_cast<std::size_t>(dim), 1);
  const std::vector<double> law = degree_law(series, split.first_random, features.radius);
  for (Index j = layout.num_exact; j < m; ++j) {
    const double u = Stream(seed, Purpose::degrees, static_cast<std::uint64_t>(j)).uniform(0);
    const auto drawn = std::upper_bound(law.begin(), law.end(), u) - law.begin();
    layout.degree.push_back(law.empty() ? 0 : split.first_random + drawn);
  }
  return layout;
}

}  // namespace

ExactSplit exact_split(const MaclaurinFeatures& features, const PowerSeries& series) {
  constexpr double kNothing = -std::numeric_limits<double>::infinity();
  ExactSplit out;
  if (features.exact == ExactTerms::none) return out;
  out.constant = series.log_coefficient(0) > kNothing;
  out.first_random = 1;
  if (features.exact == ExactTerms::constant) return out;
  out.linear = series.log_coefficient(1) > kNothing;
  out.first_random = 2;
  return out;
}

void check_size(const FeatureFunction& features, const PowerSeries& series, Index dim,
                Index num_frequencies) {
  const auto* maclaurin = std::get_if<MaclaurinFeatures>(&features);
  if (maclaurin == nullptr) return;
  const Index exact = exact_split(*maclaurin, series).columns(dim);
  if (num_frequencies > exact) return;
  throw InvalidArgument("maclaurin: num_frequencies is " + std::to_string(num_frequencies) +
                        ", expected more than " + std::to_string(exact) +
                        " (columns of the exact terms)");
}

std::shared_ptr<const ProductLayout> product_layout(const FeatureFunction& features,
                                                    const PowerSeries* series, Index dim,
                                                    Index num_frequencies, Seed seed) {
  ProductLayout layout;
  if (const auto* maclaurin = std::get_if<MaclaurinFeatures>(&features)) {
    layout = maclaurin_layout(*maclaurin, *series, dim, num_frequencies, seed);
  } else if (std::holds_alternative<TensorSketchFeatures>(features)) {
    const Power& power = *series->as_power();
    layout.degree.assign(static_cast<std::size_t>(num_frequencies), power.degree);
    layout.last_coordinate = std::sqrt(power.offset);
  } else {
    return nullptr;
  }
  layout.arrange();
  return std::make_shared<const ProductLayout>(std::move(layout));
}

}  // namespace bochner
