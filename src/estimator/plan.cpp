// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/plan.hpp"

#include "bochner/estimator/gram_error.hpp"
#include "bochner/estimator/variance.hpp"
#include "estimator/direct_moments.hpp"
#include "estimator/error_curve.hpp"
#include "estimator/log_sum.hpp"
#include "estimator/pair_moments.hpp"
#include "estimator/plan_statement.hpp"
#include "estimator/product_moments.hpp"
#include "features/stage.hpp"

#include <boost/math/distributions/normal.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace bochner {
namespace {

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
  throw InvalidArgument("frequencies_needed: basis " +
                        std::string(names_of(basis)[static_cast<std::size_t>(basis)]) + " " + why);
}

/// The curve at a pair, in the target's unit.
ErrorCurve pair_curve(const FeatureMapSpec& spec, std::span<const double> x,
                      std::span<const double> y, ErrorUnit unit) {
  FeatureMapSpec sized = spec;
  sized.num_frequencies = least_frequencies(spec);
  const KernelMoments row = kernel_moments(sized, x, y);
  const double log_unit = unit == ErrorUnit::relative ? row.log_exact : 0.0;
  const BlockLaw block = block_law(spec);
  if (multiplies(spec.features)) {
    return {block, ProductMoments(sized).variances(x.data(), y.data(), unit), 0.0};
  }
  if (has_direct_moments(spec)) {
    const double log_variance = row.log_variance - 2.0 * log_unit;
    return {block, {log_variance, log_variance, log_variance}, 0.0};
  }
  const PairMoments moments(sized);
  const PlacedPair pair = moments.place("frequencies_needed", 0, x.data(), y.data());
  const auto [log_variances, bias] = moments.in_units(pair, unit);
  return {block, log_variances, bias};
}

/// The largest |h| of bounded features.
double log_largest(const FeatureMapSpec& spec) {
  return row_law(spec.features).phase_variance > 0.0 ? std::numbers::ln2 : 0.0;
}

/// log of about how many frequencies it takes until z^2 Var <= (error - bias)^2.
double log_needed(const ErrorCurve& curve, double log_square_z, double error) {
  if (curve.bias >= error) return kUnbounded;
  return curve.log_block_variance + log_square_z - 2.0 * std::log(error - curve.bias);
}

}  // namespace

FrequencyPlan frequencies_needed(const FeatureMapSpec& spec, std::span<const double> x,
                                 std::span<const double> y, const ErrorTarget& target,
                                 Basis basis) {
  check_target(target);
  const ErrorCurve curve = pair_curve(spec, x, y, target.unit);
  const double error = target.error;
  const double doubt = 1.0 - target.confidence;
  const double b = static_cast<double>(curve.step());
  const std::string with_confidence =
      (target.unit == ErrorUnit::relative ? "relative error at most " : "error at most ") +
      shortened(target.error) + " at this pair with probability " + percent(target.confidence);

  Found found;
  double log_frequencies = 0.0;
  switch (basis) {
    case Basis::asymptotic: {
      const double two_sided = curve.bias == 0.0 ? 0.5 * doubt : doubt;
      const double z = boost::math::quantile(
          boost::math::complement(boost::math::normal(), std::min(two_sided, 0.5)));
      log_frequencies = log_needed(curve, 2.0 * std::log(z), error);
      found = find_smallest(curve, [&](Index m) {
        return exceedance(curve.bias, curve.variance(m), error) <= doubt;
      });
      break;
    }
    case Basis::chebyshev:
      log_frequencies = log_needed(curve, -std::log(doubt), error);
      found = find_smallest(curve, [&](Index m) {
        const double room = error - curve.bias;
        return room > 0.0 && curve.variance(m) <= doubt * room * room;
      });
      break;
    case Basis::bernstein: {
      if (is_exponential(spec) || multiplies(spec.features)) {
        refuse(basis, "needs bounded features (trigonometric, cosine)");
      }
      if (curve.bias != 0.0) refuse(basis, "needs unbiased features; radii are constant");
      // A frequency contributes U h, h in [-1, 1] (a random phase: [-2, 2]).
      FeatureMapSpec sized = spec;
      sized.num_frequencies = 1;
      const PlacedPair pair = PairMoments(sized).place("frequencies_needed", 0, x.data(), y.data());
      const bool relative = target.unit == ErrorUnit::relative;
      const double log_range = relative && std::isinf(pair.log_exact)
                                   ? kUnbounded
                                   : log_sum(pair.log_exact, log_largest(spec) + pair.log_unit) -
                                         (relative ? pair.log_exact : 0.0);
      log_frequencies = std::log(std::log(2.0 / doubt)) +
                        log_sum(std::log(2.0) + curve.log_block_variance - 2.0 * std::log(error),
                                std::log(2.0 * b / 3.0) + log_range - std::log(error));
      found.smallest = found.whole_blocks = round_up(std::exp(log_frequencies), curve.block.size);
      break;
    }
    case Basis::median_of_means: {
      if (curve.bias != 0.0) refuse(basis, "needs unbiased features; radii are constant");
      if (curve.step() != curve.block.size) {
        refuse(basis, "needs independent frequencies, and those of these features are one draw");
      }
      const double groups = std::ceil(8.0 * std::log(1.0 / doubt));
      log_frequencies = log_needed(curve, std::log(4.0 * groups), error);
      const Index group = round_up(4.0 * curve.block_variance / (error * error), curve.block.size);
      found.smallest = found.whole_blocks =
          group == 0 ? 0 : round_up(groups * static_cast<double>(group), curve.block.size);
      break;
    }
  }
  std::string promise = with_confidence;
  if (basis == Basis::median_of_means) {
    promise += ", in " + shortened(std::ceil(8.0 * std::log(1.0 / doubt))) + " groups";
  }
  return plan_of(spec, curve, found, log_frequencies, target, basis, promise);
}

FrequencyPlan frequencies_needed(const FeatureMapSpec& spec, MatrixView<const double> x,
                                 MatrixView<const double> y, const ErrorTarget& target, Basis basis,
                                 const Execution& execution) {
  check_target(target);
  if (basis == Basis::bernstein || basis == Basis::median_of_means) {
    refuse(basis, "is for pairs; for a matrix use asymptotic or chebyshev");
  }
  FeatureMapSpec sized = spec;
  sized.num_frequencies = least_frequencies(spec);
  const GramErrorCurve sums = gram_error_curve<double>(sized, x, y, execution);
  const double log_square_unit = target.unit == ErrorUnit::relative ? sums.log_squared_norm : 0.0;
  const ErrorCurve curve(block_law(spec),
                         {.row = sums.log_row_variance - log_square_unit,
                          .pair = sums.log_pair_variance - log_square_unit,
                          .block = sums.log_block_variance - log_square_unit},
                         std::exp(0.5 * (sums.log_squared_bias - log_square_unit)));

  const double wanted =
      target.error * target.error * (basis == Basis::chebyshev ? 1.0 - target.confidence : 1.0);
  const Found found = find_smallest(curve, [&](Index m) { return curve.mean_square(m) <= wanted; });
  const double room = wanted - curve.bias * curve.bias;
  const double log_frequencies =
      room > 0.0 ? curve.log_block_variance - std::log(room) : kUnbounded;
  const std::string what =
      target.unit == ErrorUnit::relative ? "relative Frobenius error " : "Frobenius error ";
  FrequencyPlan plan =
      plan_of(spec, curve, found, log_frequencies, target, basis,
              basis == Basis::chebyshev
                  ? what + "at most " + shortened(target.error) + " with probability " +
                        percent(target.confidence)
                  : "root mean square " + what + "at most " + shortened(target.error));
  if (found.smallest != 0) {
    plan.statement =
        plan.statement.substr(0, plan.statement.rfind(" (")) +
        (basis == Basis::chebyshev ? " (exact expectation and Markov's inequality: a guarantee)"
                                   : " (exact expectation)");
  }
  return plan;
}

}  // namespace bochner
