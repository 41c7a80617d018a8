// SPDX-License-Identifier: Apache-2.0
#include "estimator/plan_statement.hpp"

#include "bochner/estimator/optimal_parameter.hpp"
#include "core/door.hpp"
#include "core/text.hpp"
#include "features/stage.hpp"

#include <cmath>
#include <numbers>
#include <string_view>

namespace bochner::estimator {
namespace {

/// Beyond this many frequencies a map is no approximation worth having.
constexpr Index kHopeless = Index{1} << 24;

}  // namespace

void require_target(const ErrorTarget& target) {
  Door("ErrorTarget").positive("error", target.error).fraction("confidence", target.confidence);
}

std::string_view grounds_at_pair(Basis basis) {
  switch (basis) {
    case Basis::asymptotic:
      return "exact variance and a normal law: an approximation, not a guarantee";
    case Basis::chebyshev:
      return "exact variance and Chebyshev's inequality: a guarantee";
    case Basis::bernstein:
      return "Bernstein's inequality over whole blocks: a guarantee";
    case Basis::median_of_means:
      return "a guarantee for the median of the group means";
  }
  return {};
}

std::string_view grounds_over_matrix(Basis basis) {
  return basis == Basis::chebyshev ? "exact expectation and Markov's inequality: a guarantee"
                                   : "exact expectation";
}

std::string shortened(double value) { return text::rounded(value, 4); }

std::string percent(double fraction) { return shortened(100.0 * fraction) + " %"; }

bool is_exponential(const FeatureMapSpec& spec) {
  return row_law(spec.features).argument == RowLaw::Argument::sum;
}

std::string better_map(const FeatureMapSpec& spec, double bias) {
  if (bias != 0.0) {
    return "constant radii have a bias that no number of frequencies removes; sampled radii have "
           "none";
  }
  if (multiplies(spec.features)) {
    return "smaller inputs (a longer lengthscale), a lower degree or exact terms need fewer; "
           "failing that, use the exact kernel";
  }
  const bool best =
      row_law(spec.features).sides == RowLaw::Sides::both && has_parameter(spec.features);
  if (is_exponential(spec) && !best) {
    return "hyperbolic-oprf features with their optimal parameter need fewer, as do centred inputs "
           "and a smaller scale";
  }
  return "centred inputs or a smaller scale need fewer; failing that, use the exact kernel";
}

namespace {

/// How far away a target is.
std::string reach(const ErrorCurve& curve, double log10_frequencies) {
  if (std::isfinite(log10_frequencies)) {
    return "it takes about 10^" + text::rounded(log10_frequencies, 3);
  }
  if (curve.bias > 0.0) return "the bias alone is " + shortened(curve.bias);
  return "the variance is infinite";
}

}  // namespace

FrequencyPlan plan_of(const FeatureMapSpec& spec, const ErrorCurve& curve, const Found& found,
                      double log_frequencies, const ErrorTarget& target, Basis basis,
                      const Promise& promise) {
  FrequencyPlan plan;
  plan.num_frequencies = found.smallest;
  plan.whole_blocks = found.whole_blocks;
  plan.basis = basis;
  if (found.smallest == 0) {
    plan.log10_frequencies = log_frequencies / std::numbers::ln10;
    plan.root_mean_square = curve.bias;
    plan.statement = "no number of frequencies below 2^40 reaches an error of " +
                     shortened(target.error) + " (" + reach(curve, plan.log10_frequencies) + ")";
    plan.warning = "out of reach of this map: " + better_map(spec, curve.bias);
    return plan;
  }
  plan.log10_frequencies = std::log10(static_cast<double>(found.smallest));
  plan.root_mean_square = std::sqrt(curve.mean_square(found.smallest));
  plan.statement = promise.what + " (" + std::string(promise.grounds) + ")";
  if (found.smallest > kHopeless) {
    plan.warning = "hopeless for these norms, with more than 2^24 frequencies: " +
                   better_map(spec, curve.bias);
  } else if (found.smallest < curve.step() && basis == Basis::asymptotic) {
    plan.warning =
        "fewer frequencies than one block of " + std::to_string(curve.step()) +
        ": the estimate is far from normal and its error cannot be estimated from one draw";
  } else if (is_upper_estimate(spec)) {
    plan.warning =
        "an upper estimate, as of independent frequencies: coupled ones have no closed form with "
        "one parameter per direction";
  }
  return plan;
}

}  // namespace bochner::estimator
