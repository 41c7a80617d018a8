// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/plan.hpp"

#include "bochner/kernel/options.hpp"
#include "core/door.hpp"
#include "estimator/error_curve.hpp"
#include "estimator/plan_statement.hpp"
#include "estimator/row_law.hpp"
#include "kernel/standard_form.hpp"

#include <algorithm>
#include <cmath>

namespace bochner {

using namespace estimator;

namespace {

// [Sutherland15, prop. 1]: P(sup > e) <= beta (sigma l / e)^p exp(-D e^2 / (8 (d + 2) alpha)) with
// D = 2 m, sigma^2 = E |w|^2 = d, l the diameter, p = 2 / (1 + 2 / d), alpha = min(1, 1/2 + e / 3).
// Prop. 2 for random phases: D = m, p = 2 / (1 + 1 / d), exp(-D e^2 / (32 (d + 1) alpha')); alpha'
// is at most 1.
double frequencies_for_ball(double d, double radius, const ErrorTarget& target, bool paired) {
  const double e = target.error;
  const double h = paired ? 0.5 * d : d;  // where the two propositions' exponents differ
  const double power = 2.0 * h / (h + 1.0);
  const double beta = paired ? (std::pow(h, -h / (h + 1.0)) + std::pow(h, 1.0 / (h + 1.0))) *
                                   std::exp2((6.0 * d + 2.0) / (d + 2.0))
                             : (std::pow(d, -d / (d + 1.0)) + std::pow(d, 1.0 / (d + 1.0))) *
                                   std::exp2((5.0 * d + 1.0) / (d + 1.0)) *
                                   std::pow(3.0, d / (d + 1.0));
  const double log_cover = std::log(beta) + power * std::log(std::sqrt(d) * 2.0 * radius / e) -
                           std::log(1.0 - target.confidence);
  const double rate =
      paired ? 2.0 / (8.0 * (d + 2.0) * std::min(1.0, 0.5 + e / 3.0)) : 1.0 / (32.0 * (d + 1.0));
  return std::max(log_cover, 0.0) / (rate * e * e);
}

}  // namespace

FrequencyPlan frequencies_needed_uniformly(const FeatureMapSpec& spec, double radius,
                                           const ErrorTarget& target) {
  constexpr Door kDoor("frequencies_needed_uniformly");
  require_target(target);
  FeatureMapSpec sized = spec;
  sized.num_frequencies = least_frequencies(spec);
  validate(sized);
  kDoor.positive("radius", radius);
  FrequencyPlan plan;
  const auto d = static_cast<double>(spec.input_dim);
  if (dot_scale_of(spec.kernel) != nullptr) {
    plan.statement =
        "no constants are known for the softmax kernel; orthogonal positive features need a number "
        "of frequencies of the order of (d / error^2) log(4 d^(3/4) radius / error), d = " +
        std::to_string(spec.input_dim);
    plan.warning = "a rate, not a number: plan for pairs or for a Gram matrix instead";
    return plan;
  }
  const RowLaw row = row_law(spec.features);
  const bool paired = row.phase_variance == 0.0;
  if (!is_normal(spectral_measure(spec.kernel)) || spectral_measure(spec.kernel).rectifier() ||
      row.argument != RowLaw::Argument::difference ||
      !block_law(spec.projection, spec.input_dim).independent()) {
    kDoor.refuse(
        "the bound holds for the gaussian kernel with iid trigonometric or cosine features, got " +
        to_text(spec.kernel) + ", " + to_text(spec.projection) + ", " + to_text(spec.features));
  }
  if (target.unit != ErrorUnit::absolute) {
    kDoor.refuse("the bound is for the absolute error; set the target's unit");
  }
  plan.num_frequencies = plan.whole_blocks =
      round_up(frequencies_for_ball(d, radius, target, paired), 1);
  plan.basis = Basis::bernstein;
  if (plan.num_frequencies == 0) {
    plan.statement = "no number of frequencies below 2^40 is guaranteed to reach the target";
    plan.warning = "out of reach of the bound; plan for pairs or for a Gram matrix instead";
    return plan;
  }
  plan.root_mean_square =
      std::sqrt((paired ? 0.5 : 1.0) / static_cast<double>(plan.num_frequencies));
  plan.statement = "absolute error at most " + shortened(target.error) +
                   " over all pairs of the ball at once with probability " +
                   percent(target.confidence) + " (" +
                   (paired ? "Sutherland and Schneider, proposition 1"
                           : "Sutherland and Schneider, proposition 2") +
                   ": a guarantee, usually several times too large)";
  return plan;
}

}  // namespace bochner
