// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/kernel_estimate.hpp"

#include "bochner/estimator/optimal_parameter.hpp"
#include "bochner/estimator/variance.hpp"
#include "estimator/block_spread.hpp"
#include "support/contributions.hpp"
#include "support/statistics.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <span>
#include <vector>

using namespace bochner;
using namespace bochner::estimator;
using namespace bochner::testing;

namespace {

struct Running {
  double count = 0.0, sum = 0.0, squares = 0.0;
  void add(double value) {
    count += 1.0;
    sum += value;
    squares += value * value;
  }
  double mean() const { return sum / count; }
  double standard_error() const {
    return std::sqrt((squares / count - mean() * mean()) / (count - 1.0));
  }
};

struct Study {
  Running value;
  Running variance;  ///< as estimated by blocks
  Running naive;     ///< sample variance of the rows over m
  Running covered;   ///< by the 95 % interval
};

/// Independent estimates of `rows` frequencies each, cut from long draws at block boundaries.
Study study(Setting at, int estimates) {
  const Index rows = at.spec.num_frequencies;
  const Index block = at.spec.input_dim;
  const Index step = (rows + block - 1) / block * block;
  constexpr int kPerDraw = 100;
  at.spec.num_frequencies = step * kPerDraw;
  const double exact = kernel_moments(at.spec, at.x, at.y).exact;
  Study out;
  for (int draw = 0; draw < estimates / kPerDraw; ++draw) {
    at.spec.seed = derive_seed({17}, static_cast<std::uint64_t>(draw));
    const std::vector<double> all = contributions(at);
    for (int i = 0; i < kPerDraw; ++i) {
      const std::span<const double> part(all.data() + i * step, static_cast<std::size_t>(rows));
      const BlockSpread spread = block_spread(part, block);
      const Interval interval = KernelEstimate{.value = spread.mean,
                                               .standard_error = std::sqrt(spread.variance),
                                               .degrees_of_freedom = spread.degrees_of_freedom}
                                    .interval(0.95);
      out.value.add(spread.mean);
      out.variance.add(spread.variance);
      out.covered.add(interval.low <= exact && exact <= interval.high ? 1.0 : 0.0);
      out.naive.add(block_spread(part, 1).variance);
    }
  }
  return out;
}

constexpr int kEstimates = 4000;

}  // namespace

TEST_CASE("the error of an estimate is unbiased, truncated blocks included", "[estimate]") {
  for (const Index m : {27, 128}) {
    const Setting at = setting(8, m, 1.0, GaussianKernel{}, TrigonometricFeatures{});
    const double variance = kernel_moments(at.spec, at.x, at.y).variance;
    const Study result = study(at, kEstimates);
    CAPTURE(m, variance, result.variance.mean(), result.naive.mean());
    check_z(result.value.mean(), std::exp(-0.5), std::sqrt(variance / kEstimates));
    // Bounded features, so that the spread of their variances may come from the sample.
    check_z(result.variance.mean(), variance, result.variance.standard_error());

    // The sample variance of the rows has another mean, (V1 - C P / (m (m - 1))) / m ...
    FeatureMapSpec independent = at.spec;
    independent.projection = IidProjection{};
    const double row_over_m = kernel_moments(independent, at.x, at.y).variance;
    const double pairs_over_m2 = variance - row_over_m;  // P C / m^2
    const double predicted = row_over_m - pairs_over_m2 / static_cast<double>(m - 1);
    check_z(result.naive.mean(), predicted, result.naive.standard_error());
    caught_z(result.naive.mean(), variance, result.naive.standard_error());
  }
}

namespace {

/// Of the 95 % interval, 16 blocks.
double coverage(Index dim, double s, const Kernel& kernel, const FeatureFunction& features,
                int estimates) {
  const double covered =
      study(setting(dim, 16 * dim, s, kernel, features), estimates).covered.mean();
  UNSCOPED_INFO(to_text(features) << ", d = " << dim << ", squared norm " << s << ": " << covered);
  return covered;
}

void check_nominal(int estimates) {
  const HyperbolicOprfFeatures hyperbolic{optimal_hyperbolic_oprf_parameter(1.0, 8)};
  const double bounded = coverage(8, 1.0, GaussianKernel{}, TrigonometricFeatures{}, estimates);
  CHECK((bounded > 0.925 && bounded < 0.97));
  const double positive = coverage(8, 1.0, SoftmaxKernel{}, hyperbolic, estimates);
  CHECK((positive > 0.925 && positive < 0.97));
}

}  // namespace

TEST_CASE("confidence intervals cover what they promise", "[estimate]") {
  check_nominal(kEstimates);
}

TEST_CASE("coverage as published", "[estimate][.long]") {
  constexpr int kMany = 20000;
  check_nominal(kMany);
  for (const Index dim : {2, 3, 64}) {
    CHECK(coverage(dim, 1.0, GaussianKernel{}, TrigonometricFeatures{}, kMany) > 0.9);
  }
  for (const Index dim : {2, 3}) {
    const HyperbolicOprfFeatures hyperbolic{optimal_hyperbolic_oprf_parameter(1.0, dim)};
    CHECK(coverage(dim, 1.0, SoftmaxKernel{}, hyperbolic, kMany) > 0.85);
  }
  CHECK(coverage(8, 0.5, SoftmaxKernel{}, PositiveFeatures{}, kMany) > 0.925);
  // Too skewed for sixteen blocks: not nominal, and known not to be.
  CHECK(coverage(8, 2.0, SoftmaxKernel{}, PositiveFeatures{}, kMany) < 0.93);
}
