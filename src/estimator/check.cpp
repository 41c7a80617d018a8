// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/check.hpp"

#include "bochner/estimator/variance.hpp"
#include "core/door.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"

#include <boost/math/distributions/normal.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace bochner {
namespace {

double threshold_of(const CheckOptions& options) {
  Door("CheckOptions")
      .at_least("replicates", options.replicates, 2)
      .fraction("false_alarm", options.false_alarm);
  return boost::math::quantile(
      boost::math::complement(boost::math::normal(), 0.5 * options.false_alarm));
}

std::vector<double> draw(const SeededEstimate& estimate, const CheckOptions& options,
                         const Execution& execution) {
  std::vector<double> values(static_cast<std::size_t>(options.replicates));
  parallel_for_blocks(options.replicates, execution, [&](Index r, int) {
    values[static_cast<std::size_t>(r)] =
        estimate(derive_seed(options.seed, static_cast<std::uint64_t>(r)));
  });
  return values;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double central_moment(const std::vector<double>& values, double mean, int order) {
  double sum = 0.0;
  for (const double value : values) sum += std::pow(value - mean, order);
  return sum / static_cast<double>(values.size());
}

CheckResult verdict(const std::string& what, CheckResult result, const CheckOptions& options) {
  const double z = (result.measured - result.expected) / result.sigma;
  result.sentence =
      what + " " + text::number(result.measured) + " over " + std::to_string(options.replicates) +
      " draws, expected " + text::number(result.expected) + ": " + text::number(z) + " sigma, " +
      (result.passed() ? "within" : "beyond") + " the " + text::number(result.threshold) +
      " that a correct map exceeds with probability " + text::number(options.false_alarm);
  return result;
}

}  // namespace

CheckResult check_unbiased(const SeededEstimate& estimate, double expected, double variance,
                           const CheckOptions& options, const Execution& execution) {
  CheckResult result;
  result.threshold = threshold_of(options);
  Door("check_unbiased").positive("variance", variance);
  result.expected = expected;
  result.sigma = std::sqrt(variance / static_cast<double>(options.replicates));
  result.measured = mean_of(draw(estimate, options, execution));
  return verdict("mean", std::move(result), options);
}

CheckResult check_variance(const SeededEstimate& estimate, double expected, double fourth,
                           const CheckOptions& options, const Execution& execution) {
  CheckResult result;
  result.threshold = threshold_of(options);
  Door("check_variance").positive("the expected variance", expected);
  const auto n = static_cast<double>(options.replicates);
  const std::vector<double> values = draw(estimate, options, execution);
  const double mean = mean_of(values);
  result.expected = expected;
  result.measured = central_moment(values, mean, 2) * n / (n - 1.0);
  const double moment = fourth > 0.0 ? fourth : central_moment(values, mean, 4);
  // Var s^2 = (mu_4 - sigma^4 (n - 3) / (n - 1)) / n, sigma as claimed.
  const double square = expected * expected * (n - 3.0) / (n - 1.0);
  result.sigma = std::sqrt(std::max(moment - square, 0.0) / n);
  return verdict("variance", std::move(result), options);
}

SeededEstimate estimates_of(const FeatureMapSpec& spec, std::span<const double> x,
                            std::span<const double> y) {
  constexpr std::string_view kDim = "the spec's input_dim";
  Door("estimates_of")
      .entries("x", static_cast<Index>(x.size()), spec.input_dim, kDim)
      .entries("y", static_cast<Index>(y.size()), spec.input_dim, kDim);
  return [spec, query = std::vector<double>(x.begin(), x.end()),
          key = std::vector<double>(y.begin(), y.end())](Seed seed) {
    FeatureMapSpec redrawn = spec;
    redrawn.seed = seed;
    const FeatureMap<double> map(redrawn);
    Matrix<double> phi(2, map.num_features());
    std::array<std::int32_t, 2> exponent{};
    const std::span<std::int32_t> exponents(exponent);
    map.apply(Side::query, {query.data(), 1, spec.input_dim},
              {phi.view().middle_rows(0, 1), exponents.subspan(0, 1)});
    map.apply(Side::key, {key.data(), 1, spec.input_dim},
              {phi.view().middle_rows(1, 1), exponents.subspan(1, 1)});
    double sum = 0.0;
    for (Index j = 0; j < phi.cols(); ++j) sum += phi(0, j) * phi(1, j);
    return std::ldexp(sum, exponent[0] + exponent[1]);
  };
}

CheckResult check_unbiased(const FeatureMapSpec& spec, std::span<const double> x,
                           std::span<const double> y, const CheckOptions& options,
                           const Execution& execution) {
  const KernelMoments moments = kernel_moments(spec, x, y);
  return check_unbiased(estimates_of(spec, x, y), moments.mean, moments.variance, options,
                        execution);
}

CheckResult check_variance(const FeatureMapSpec& spec, std::span<const double> x,
                           std::span<const double> y, const CheckOptions& options,
                           const Execution& execution) {
  return check_variance(estimates_of(spec, x, y), kernel_moments(spec, x, y).variance, 0.0, options,
                        execution);
}

}  // namespace bochner
