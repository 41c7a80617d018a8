// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/plan.hpp"

#include "bochner/estimator/gram_error.hpp"
#include "bochner/estimator/variance.hpp"
#include "estimator/error_curve.hpp"
#include "estimator/pair_geometry.hpp"
#include "estimator/plan_statement.hpp"
#include "estimator/product_moments.hpp"
#include "features/stage.hpp"

#include <boost/math/distributions/normal.hpp>

#include <cmath>
#include <vector>

namespace bochner {
namespace {

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

double log_squared_ratio(double log_square, double log_unit) {
  return std::exp(log_square - 2.0 * log_unit);
}

struct PairCurve {
  ErrorCurve curve;
  double exact = 0.0;  ///< k(x, y)
};

PairCurve pair_curve(const FeatureMapSpec& spec, std::span<const double> x,
                     std::span<const double> y) {
  FeatureMapSpec sized = spec;
  ErrorCurve curve{.block = block_law(spec)};
  sized.num_frequencies = least_frequencies(spec);
  const KernelMoments row = kernel_moments(sized, x, y);
  if (multiplies(spec.features)) {
    const ProductMoments::Variances at = ProductMoments(sized).relative(x.data(), y.data());
    curve.row_variance = at.row;
    curve.block_variance = at.block;
    return {curve, row.exact};
  }
  curve.row_variance = log_squared_ratio(row.log_variance, row.log_exact);
  sized.num_frequencies = curve.block.size;
  const KernelMoments block = kernel_moments(sized, x, y);
  curve.block_variance = static_cast<double>(curve.block.size) *
                         log_squared_ratio(block.log_variance, block.log_exact);
  if (curve.paired()) {
    sized.num_frequencies = 2;
    const KernelMoments pair = kernel_moments(sized, x, y);
    curve.pair_variance = 2.0 * log_squared_ratio(pair.log_variance, pair.log_exact);
  }
  curve.bias = std::abs(row.bias) / row.exact;
  return {curve, row.exact};
}

}  // namespace

FrequencyPlan frequencies_needed(const FeatureMapSpec& spec, std::span<const double> x,
                                 std::span<const double> y, const ErrorTarget& target,
                                 Basis basis) {
  check_target(target);
  const PairCurve at = pair_curve(spec, x, y);
  const ErrorCurve& curve = at.curve;
  const double unit = target.unit == ErrorUnit::relative ? 1.0 : std::abs(at.exact);
  const double error = target.error / unit;
  const double doubt = 1.0 - target.confidence;
  const double b = static_cast<double>(curve.step());
  const std::string with_confidence =
      (target.unit == ErrorUnit::relative ? "relative error at most " : "error at most ") +
      shortened(target.error) + " at this pair with probability " + percent(target.confidence);

  Found found;
  switch (basis) {
    case Basis::asymptotic:
      found = find_smallest(curve, [&](Index m) {
        return exceedance(curve.bias, curve.variance(m), error) <= doubt;
      });
      break;
    case Basis::chebyshev:
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
      // A frequency contributes U h, h in [-1, 1] (a random phase: [-2, 2]), and k / U is
      // `log_ratio`.
      const PairGeometry geometry(spec);
      std::vector<double> u(x.size());
      std::vector<double> v(y.size());
      geometry.place(Side::query, x.data(), u.data());
      geometry.place(Side::key, y.data(), v.data());
      const double s = squared_distance(u.data(), -1.0, v.data(), geometry.dim());
      const double largest = row_law(spec.features).phase_variance > 0.0 ? 2.0 : 1.0;
      const double range = 1.0 + largest * std::exp(-geometry.log_ratio(s));
      const double frequencies =
          (2.0 * curve.block_variance / (error * error) + 2.0 * b * range / (3.0 * error)) *
          std::log(2.0 / doubt);
      found.smallest = found.whole_blocks = round_up(frequencies, curve.block.size);
      break;
    }
    case Basis::median_of_means: {
      if (curve.bias != 0.0) refuse(basis, "needs unbiased features; radii are constant");
      if (curve.step() != curve.block.size) {
        refuse(basis, "needs independent frequencies, and those of these features are one draw");
      }
      const double groups = std::ceil(8.0 * std::log(1.0 / doubt));
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
  return plan_of(spec, curve, found, target, basis, unit, promise);
}

FrequencyPlan frequencies_needed(const FeatureMapSpec& spec, MatrixView<const double> x,
                                 MatrixView<const double> y, const ErrorTarget& target, Basis basis,
                                 const Execution& execution) {
  check_target(target);
  if (basis == Basis::bernstein || basis == Basis::median_of_means) {
    refuse(basis, "is for pairs; for a matrix use asymptotic or chebyshev");
  }
  FeatureMapSpec sized = spec;
  ErrorCurve curve{.block = block_law(spec)};
  sized.num_frequencies = least_frequencies(spec);
  const GramErrorCurve sums = gram_error_curve<double>(sized, x, y, execution);
  const double log_norm = sums.log_squared_norm;
  curve.row_variance = std::exp(sums.log_row_variance - log_norm);
  curve.pair_variance = std::exp(sums.log_pair_variance - log_norm);
  curve.block_variance = std::exp(sums.log_block_variance - log_norm);
  curve.bias = std::exp(0.5 * (sums.log_squared_bias - log_norm));

  const double unit = target.unit == ErrorUnit::relative ? 1.0 : std::exp(0.5 * log_norm);
  const double error = target.error / unit;
  const double wanted = error * error * (basis == Basis::chebyshev ? 1.0 - target.confidence : 1.0);
  const Found found = find_smallest(curve, [&](Index m) { return curve.mean_square(m) <= wanted; });
  const std::string what =
      target.unit == ErrorUnit::relative ? "relative Frobenius error " : "Frobenius error ";
  FrequencyPlan plan =
      plan_of(spec, curve, found, target, basis, unit,
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
