// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/plan.hpp"

#include "bochner/estimator/gram_error.hpp"
#include "estimator/checks.hpp"
#include "estimator/error_curve.hpp"
#include "estimator/log_sum.hpp"
#include "estimator/moments.hpp"
#include "estimator/plan_statement.hpp"
#include "features/stage.hpp"

#include <boost/math/distributions/normal.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bochner {

using namespace estimator;

namespace {

constexpr Door kPlanDoor("frequencies_needed");
constexpr double kUnbounded = std::numeric_limits<double>::infinity();

/// P(|N(bias, variance)| > error)
double exceedance(double bias, double variance, double error) {
  if (!std::isfinite(variance)) return 1.0;
  if (variance == 0.0) return bias > error ? 1.0 : 0.0;
  const boost::math::normal standard;
  const double deviation = std::sqrt(variance);
  return boost::math::cdf(standard, (-error - bias) / deviation) +
         boost::math::cdf(boost::math::complement(standard, (error - bias) / deviation));
}

[[noreturn]] void refuse(Basis basis, const std::string& why) {
  kPlanDoor.refuse("basis " + std::string(names_of(basis)[static_cast<std::size_t>(basis)]) + " " +
                   why);
}

FeatureMapSpec with_fewest_frequencies(const FeatureMapSpec& spec) {
  FeatureMapSpec sized = spec;
  sized.num_frequencies = least_frequencies(spec);
  return sized;
}

/// log of about how many frequencies it takes until z^2 Var <= (error - bias)^2.
double log_needed(const ErrorCurve& curve, double log_square_z, double error) {
  if (curve.bias >= error) return kUnbounded;
  return curve.log_block_variance + log_square_z - 2.0 * std::log(error - curve.bias);
}

/// How many frequencies reach a target at a pair, by one basis.
struct Answer {
  Found found;
  double log_frequencies = 0.0;
};

Answer by_normal_law(const ErrorCurve& curve, const ErrorTarget& target) {
  const double doubt = 1.0 - target.confidence;
  const double two_sided = curve.bias == 0.0 ? 0.5 * doubt : doubt;
  const double z = boost::math::quantile(
      boost::math::complement(boost::math::normal(), std::min(two_sided, 0.5)));
  return {find_smallest(curve,
                        [&](Index m) {
                          return exceedance(curve.bias, curve.variance(m), target.error) <= doubt;
                        }),
          log_needed(curve, 2.0 * std::log(z), target.error)};
}

Answer by_chebyshev(const ErrorCurve& curve, const ErrorTarget& target) {
  const double doubt = 1.0 - target.confidence;
  const double room = target.error - curve.bias;
  return {
      find_smallest(
          curve, [&](Index m) { return room > 0.0 && curve.variance(m) <= doubt * room * room; }),
      log_needed(curve, -std::log(doubt), target.error)};
}

void require_unbiased(const ErrorCurve& curve, Basis basis) {
  if (curve.bias != 0.0) refuse(basis, "needs unbiased features; radii are constant");
}

Answer by_bernstein(const FeatureMapSpec& spec, const ErrorCurve& curve, double log_range,
                    const ErrorTarget& target) {
  if (is_exponential(spec) || multiplies(spec.features)) {
    refuse(Basis::bernstein, "needs bounded features (trigonometric, cosine)");
  }
  if (const auto gap = closed_form_gap(spec.kernel, spec.projection)) {
    refuse(Basis::bernstein, "has no bound of one frequency here: " + *gap);
  }
  require_unbiased(curve, Basis::bernstein);
  const double error = target.error;
  const double b = static_cast<double>(curve.step());
  Answer out;
  out.log_frequencies = std::log(std::log(2.0 / (1.0 - target.confidence))) +
                        log_sum(std::log(2.0) + curve.log_block_variance - 2.0 * std::log(error),
                                std::log(2.0 * b / 3.0) + log_range - std::log(error));
  out.found.smallest = out.found.whole_blocks =
      round_up(std::exp(out.log_frequencies), curve.block.size);
  return out;
}

/// How many groups the median is over.
double groups_for(const ErrorTarget& target) {
  return std::ceil(8.0 * std::log(1.0 / (1.0 - target.confidence)));
}

Answer by_median_of_means(const ErrorCurve& curve, const ErrorTarget& target) {
  require_unbiased(curve, Basis::median_of_means);
  if (curve.step() != curve.block.size) {
    refuse(Basis::median_of_means,
           "needs independent frequencies, and those of these features are one draw");
  }
  const double groups = groups_for(target);
  const Index group =
      round_up(4.0 * curve.block_variance / (target.error * target.error), curve.block.size);
  Answer out;
  out.log_frequencies = log_needed(curve, std::log(4.0 * groups), target.error);
  out.found.smallest = out.found.whole_blocks =
      group == 0 ? 0 : round_up(groups * static_cast<double>(group), curve.block.size);
  return out;
}

Answer answer_at_pair(const FeatureMapSpec& spec, const ErrorCurve& curve, double log_range,
                      const ErrorTarget& target, Basis basis) {
  switch (basis) {
    case Basis::asymptotic:
      return by_normal_law(curve, target);
    case Basis::chebyshev:
      return by_chebyshev(curve, target);
    case Basis::bernstein:
      return by_bernstein(spec, curve, log_range, target);
    case Basis::median_of_means:
      return by_median_of_means(curve, target);
  }
  return {};
}

ErrorCurve matrix_curve(const FeatureMapSpec& spec, const GramErrorCurve& sums, ErrorUnit unit) {
  const double log_square_unit = unit == ErrorUnit::relative ? sums.log_squared_norm : 0.0;
  return {closed_form_block(spec),
          {.row = sums.log_row_variance - log_square_unit,
           .pair = sums.log_pair_variance - log_square_unit,
           .block = sums.log_block_variance - log_square_unit},
          std::exp(0.5 * (sums.log_squared_bias - log_square_unit))};
}

}  // namespace

FrequencyPlan frequencies_needed(const FeatureMapSpec& spec, std::span<const double> x,
                                 std::span<const double> y, const ErrorTarget& target,
                                 Basis basis) {
  require_target(target);
  const auto moments = moments_of(kPlanDoor, with_fewest_frequencies(spec));
  require_pair(kPlanDoor, x, y, spec.input_dim);
  const ErrorParts parts = moments->parts(kPlanDoor, {x.data(), y.data()}, target.unit);
  const ErrorCurve curve(closed_form_block(spec), parts.log_variances, parts.bias);
  const auto [found, log_frequencies] = answer_at_pair(spec, curve, parts.log_range, target, basis);
  Promise promise{
      (target.unit == ErrorUnit::relative ? "relative error at most " : "error at most ") +
          shortened(target.error) + " at this pair with probability " + percent(target.confidence),
      grounds_at_pair(basis)};
  if (basis == Basis::median_of_means) {
    promise.what += ", in " + shortened(groups_for(target)) + " groups";
  }
  return plan_of(spec, curve, found, log_frequencies, target, basis, promise);
}

FrequencyPlan frequencies_needed(const FeatureMapSpec& spec, MatrixView<const double> x,
                                 MatrixView<const double> y, const ErrorTarget& target, Basis basis,
                                 const Execution& execution) {
  require_target(target);
  if (basis == Basis::bernstein || basis == Basis::median_of_means) {
    refuse(basis, "is for pairs; for a matrix use asymptotic or chebyshev");
  }
  const GramErrorCurve sums =
      gram_error_curve<double>(with_fewest_frequencies(spec), x, y, execution);
  const ErrorCurve curve = matrix_curve(spec, sums, target.unit);
  const double wanted =
      target.error * target.error * (basis == Basis::chebyshev ? 1.0 - target.confidence : 1.0);
  const Found found = find_smallest(curve, [&](Index m) { return curve.mean_square(m) <= wanted; });
  const double room = wanted - curve.bias * curve.bias;
  const double log_frequencies =
      room > 0.0 ? curve.log_block_variance - std::log(room) : kUnbounded;
  const std::string what = (target.unit == ErrorUnit::relative ? "relative Frobenius error at most "
                                                               : "Frobenius error at most ") +
                           shortened(target.error);
  const Promise promise{basis == Basis::chebyshev
                            ? what + " with probability " + percent(target.confidence)
                            : "root mean square " + what,
                        grounds_over_matrix(basis)};
  return plan_of(spec, curve, found, log_frequencies, target, basis, promise);
}

}  // namespace bochner
