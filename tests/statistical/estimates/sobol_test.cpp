// SPDX-License-Identifier: Apache-2.0
#include "pairs.hpp"
#include "projection/sobol_points.hpp"
#include "support/statistics.hpp"

#include <bochner/core/error.hpp>
#include <bochner/estimator/check.hpp>
#include <bochner/estimator/kernel_estimate.hpp>
#include <bochner/estimator/variance.hpp>

#include <boost/math/distributions/normal.hpp>

#include <array>
#include <cmath>
#include <functional>
#include <span>
#include <vector>

using namespace bochner;
using namespace bochner::testing;

namespace {

using Scramble = std::function<double(Seed seed, std::uint64_t dimension, std::uint32_t x)>;

double each_its_own(Seed seed, std::uint64_t dimension, std::uint32_t x) {
  return projections::owen_scrambled(Stream(seed, Purpose::permutation, dimension), x);
}

/// Point i of two dimensions, over many scrambles, in an 8 x 8 grid: chi-squared of 63 degrees when
/// it is uniform on the square.
double joint_p_value(const Scramble& scramble, Index i, std::size_t j, std::size_t k) {
  constexpr int kScrambles = 20000;
  const Matrix<double> points = projections::sobol_points(i + 1, 8);
  const auto fraction = [&](std::size_t dimension) {
    return static_cast<std::uint32_t>(points(i, static_cast<Index>(dimension)) * 0x1p32);
  };
  std::array<double, 64> counts{};
  for (std::uint64_t s = 0; s < kScrambles; ++s) {
    const double u = scramble({s}, j, fraction(j));
    const double v = scramble({s}, k, fraction(k));
    counts[static_cast<std::size_t>(8.0 * u) * 8 + static_cast<std::size_t>(8.0 * v)] += 1.0;
  }
  double statistic = 0.0;
  constexpr double kExpected = kScrambles / 64.0;
  for (const double count : counts) {
    statistic += (count - kExpected) * (count - kExpected) / kExpected;
  }
  return chi_squared_p_value(statistic, 63.0);
}

FeatureMapSpec spec_of(const Projection& projection, const FeatureFunction& features, Index m) {
  return make_spec(4, m, SoftmaxKernel{}, projection, features);
}

}  // namespace

TEST_CASE("a scrambled point is uniform, in every pair of dimensions", "[sobol]") {
  for (const Index i : {0, 1, 6, 37}) {
    check_p_value(joint_p_value(each_its_own, i, 0, 1));
    check_p_value(joint_p_value(each_its_own, i, 2, 7));
  }
  // One scramble for every dimension leaves each coordinate uniform, and the pair is not.
  const Scramble shared = [](Seed seed, std::uint64_t, std::uint32_t x) {
    return each_its_own(seed, 0, x);
  };
  caught_p_value(joint_p_value(shared, 0, 0, 1));
  caught_p_value(joint_p_value(shared, 6, 2, 7));
}

TEST_CASE("a scramble keeps a net a net", "[sobol]") {
  // Of 64 points every dimension has one in each 64th, and dimensions 0 and 1 have one in each
  // elementary box of area 1/64.
  const Matrix<double> points = projections::sobol_points(64, 5);
  for (const bool scrambled : {false, true}) {
    Matrix<double> u = points;
    for (Index i = 0; i < 64; ++i) {
      for (Index k = 0; k < 5; ++k) {
        if (!scrambled) continue;
        u(i, k) = each_its_own({5}, static_cast<std::uint64_t>(k),
                               static_cast<std::uint32_t>(points(i, k) * 0x1p32));
      }
    }
    for (Index k = 0; k < 5; ++k) {
      std::vector<int> seen(64, 0);
      for (Index i = 0; i < 64; ++i) ++seen[static_cast<std::size_t>(64.0 * u(i, k))];
      CHECK(seen == std::vector<int>(64, 1));
    }
    for (const int bits : {1, 2, 3, 4, 5}) {
      std::vector<int> seen(64, 0);
      for (Index i = 0; i < 64; ++i) {
        const auto a = static_cast<std::size_t>(std::ldexp(u(i, 0), bits));
        const auto b = static_cast<std::size_t>(std::ldexp(u(i, 1), 6 - bits));
        ++seen[(a << (6 - bits)) + b];
      }
      CHECK(seen == std::vector<int>(64, 1));
    }
  }
}

TEST_CASE("scrambled points are unbiased and vary less than half as much", "[sobol]") {
  const Pair pair = dense_pair(4, 1.0, 1.0);
  std::uint64_t seed = 10;
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(PositiveFeatures{}),
        FeatureFunction(HyperbolicFeatures{})}) {
    const FeatureMapSpec spec = spec_of(SobolProjection{}, features, 64);
    const KernelMoments iid =
        kernel_moments(spec_of(IidProjection{}, features, 64), pair.x, pair.y);
    const CheckOptions options{.replicates = 4000, .seed = {++seed}};
    const SeededEstimate estimate = estimates_of(spec, pair.x, pair.y);
    const CheckResult spread = check_variance(estimate, iid.variance, 0.0, options);
    INFO(to_text(spec) << ": variance " << spread.measured << ", independent " << iid.variance);
    CHECK(spread.measured < 0.5 * iid.variance);
    const CheckResult mean = check_unbiased(estimate, iid.exact, 0.5 * iid.variance, options);
    check_z(mean.measured, mean.expected, mean.sigma);
  }
}

TEST_CASE("points that are not scrambled are caught", "[wrong]") {
  // The same for every seed: a bias that no number of draws removes.
  const Pair pair = dense_pair(4, 1.0, 1.0);
  const KernelMoments iid =
      kernel_moments(spec_of(IidProjection{}, PositiveFeatures{}, 64), pair.x, pair.y);
  const Matrix<double> points =
      projections::sobol_points(65, 4);  // the origin has no normal quantile
  double sum = 0.0;
  for (Index i = 1; i <= 64; ++i) {
    double exponent = 0.0;
    for (std::size_t k = 0; k < 4; ++k) {
      const double g =
          boost::math::quantile(boost::math::normal(), points(i, static_cast<Index>(k)));
      exponent += g * (pair.x[k] + pair.y[k]);
      exponent -= 0.5 * (pair.x[k] * pair.x[k] + pair.y[k] * pair.y[k]);
    }
    sum += std::exp(exponent) / 64.0;
  }
  caught_z(sum, iid.exact, std::sqrt(0.5 * iid.variance / 4000.0));
}

TEST_CASE("an estimate's error bar comes from other scrambles, and covers", "[sobol]") {
  const Pair pair = dense_pair(4, 1.0, 1.0);
  constexpr int kDraws = 1000;
  int covered = 0;
  double exact = 0.0;
  for (std::uint64_t s = 0; s < kDraws; ++s) {
    FeatureMapSpec spec = spec_of(SobolProjection{}, TrigonometricFeatures{}, 64);
    spec.seed = {1000 + s};
    const KernelEstimate result =
        estimate<double>(FeatureMap<double>(spec), std::span(pair.x), std::span(pair.y));
    REQUIRE(result.source == ErrorSource::replicates);
    REQUIRE(result.degrees_of_freedom == 15.0);
    exact = evaluate(spec.kernel, pair.x.data(), pair.y.data(), 4);
    const Interval interval = result.interval(0.95);
    if (interval.low <= exact && exact <= interval.high) ++covered;
  }
  // The estimate is not exactly normal: a percent beside the binomial error.
  const double coverage = static_cast<double>(covered) / kDraws;
  INFO("coverage " << coverage);
  CHECK(std::abs(coverage - 0.95) <= 0.01 + sigmas() * std::sqrt(0.95 * 0.05 / kDraws));
}

TEST_CASE("Sobol's table has an end, and says so", "[sobol]") {
  FeatureMapSpec spec = spec_of(SobolProjection{}, TrigonometricFeatures{}, 2);
  spec.kernel = GaussianKernel{};
  spec.input_dim = projections::kSobolDimensions;
  CHECK_NOTHROW(validate(spec));
  spec.input_dim += 1;
  CHECK_THROWS_WITH(validate(spec), Catch::Matchers::Contains("is 3668, expected 1 to 3667"));
  spec.input_dim = 4;
  spec.num_frequencies = projections::kSobolPoints + 1;
  CHECK_THROWS_WITH(validate(spec), Catch::Matchers::Contains("num_frequencies is 4294967297"));
}
