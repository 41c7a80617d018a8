// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/feature_error.hpp"

#include "core/text.hpp"
#include "estimator/resamples.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace bochner {

using namespace estimator;

namespace {

constexpr Door kFeatureError("feature_error");

/// Results that there are as many of as before, all finite.
void require_results(const std::vector<double>& results, std::size_t expected) {
  kFeatureError.entries("the functional's results", std::ssize(results),
                        static_cast<Index>(expected), "as without resampling");
  kFeatureError.finite("the functional's results", results);
}

/// Replicates by result: results x count.
template <class Evaluate>
std::vector<std::vector<double>> replicated(const Resamples& resamples, std::size_t results,
                                            const Evaluate& evaluate) {
  std::vector<std::vector<double>> out(results);
  for (Index r = 0; r < resamples.count(); ++r) {
    const std::vector<double> found = evaluate(resamples.weights(r));
    require_results(found, results);
    for (std::size_t k = 0; k < results; ++k) out[k].push_back(found[k]);
  }
  return out;
}

FeatureErrors begin_errors(const Resamples& resamples, std::vector<double> value) {
  require_results(value, value.size());
  FeatureErrors out;
  out.value = std::move(value);
  out.num_frequencies = resamples.num_frequencies();
  out.block_size = resamples.block_size();
  out.blocks = resamples.blocks();
  out.resampling = resamples.resampling();
  return out;
}

void add_error(FeatureErrors& out, double variance, double bias, double degrees) {
  out.standard_error.push_back(std::sqrt(variance));
  out.bias.push_back(bias);
  out.degrees_of_freedom.push_back(degrees);
}

std::vector<double> equal_weights(const FeatureMapSpec& spec) {
  return std::vector<double>(static_cast<std::size_t>(spec.num_frequencies), 1.0);
}

}  // namespace

Interval FeatureErrors::interval(Index result, double level) const {
  Door("FeatureErrors::interval").row("result", result, std::ssize(value));
  const auto r = static_cast<std::size_t>(result);
  KernelEstimate one;
  one.value = value[r];
  one.standard_error = standard_error[r];
  one.degrees_of_freedom = degrees_of_freedom[r];
  return one.interval(level);
}

Index FeatureErrors::frequencies_needed(Index result, double wanted) const {
  constexpr Door kDoor("FeatureErrors::frequencies_needed");
  constexpr double kMost = static_cast<double>(Index{1} << 40);
  kDoor.row("result", result, std::ssize(value)).positive("standard_error", wanted);
  const double ratio = standard_error[static_cast<std::size_t>(result)] / wanted;
  const double needed = static_cast<double>(num_frequencies) * ratio * ratio;
  if (!(needed <= kMost)) {
    kDoor.refuse("standard_error " + text::number(wanted) + " takes more than 2^40 frequencies");
  }
  const auto whole = std::max(1.0, std::ceil(needed / static_cast<double>(block_size)));
  return static_cast<Index>(whole) * block_size;
}

FeatureErrors feature_error(const FeatureMapSpec& spec, const FeatureFunctional& functional,
                            const FeatureErrorOptions& options) {
  const Resamples resamples(kFeatureError, spec, options);
  FeatureErrors out = begin_errors(resamples, functional(equal_weights(spec)));
  const auto replicates = replicated(resamples, out.value.size(), functional);
  for (std::size_t k = 0; k < out.value.size(); ++k) {
    const Resamples::Error error = resamples.error(out.value[k], replicates[k]);
    add_error(out, error.variance, error.bias, resamples.degrees_of_freedom());
  }
  return out;
}

FeatureErrors feature_error(const FeatureMapSpec& x, const FeatureMapSpec& y,
                            const PairFunctional& functional, const FeatureErrorOptions& options) {
  const Resamples of_x(kFeatureError, x, options);
  if (x.seed == y.seed) {
    const Resamples of_y(kFeatureError, y, options);
    if (of_x.num_frequencies() != of_y.num_frequencies() ||
        of_x.block_size() != of_y.block_size()) {
      kFeatureError.refuse(
          "the maps share a seed, and their frequencies are not as many in the same blocks; give "
          "them different seeds");
    }
    return feature_error(
        x, [&](std::span<const double> weights) { return functional(weights, weights); }, options);
  }
  FeatureErrorOptions others = options;
  others.seed = derive_seed(options.seed, 1);
  const Resamples of_y(kFeatureError, y, others);
  const std::vector<double> ones_x = equal_weights(x);
  const std::vector<double> ones_y = equal_weights(y);
  FeatureErrors out =
      begin_errors(of_x.blocks() <= of_y.blocks() ? of_x : of_y, functional(ones_x, ones_y));
  const auto by_x = replicated(of_x, out.value.size(), [&](std::span<const double> weights) {
    return functional(weights, ones_y);
  });
  const auto by_y = replicated(of_y, out.value.size(), [&](std::span<const double> weights) {
    return functional(ones_x, weights);
  });
  for (std::size_t k = 0; k < out.value.size(); ++k) {
    const Resamples::Error first = of_x.error(out.value[k], by_x[k]);
    const Resamples::Error second = of_y.error(out.value[k], by_y[k]);
    const double variance = first.variance + second.variance;
    const double spread = first.variance * first.variance / of_x.degrees_of_freedom() +
                          second.variance * second.variance / of_y.degrees_of_freedom();
    const double fewest = std::min(of_x.degrees_of_freedom(), of_y.degrees_of_freedom());
    add_error(out, variance, first.bias + second.bias,
              spread > 0.0 ? variance * variance / spread : fewest);
  }
  return out;
}

}  // namespace bochner
