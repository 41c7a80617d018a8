// SPDX-License-Identifier: Apache-2.0
#include "fourth_moment.hpp"
#include "pairs.hpp"
#include "support/contributions.hpp"
#include "support/statistics.hpp"

#include <bochner/estimator/check.hpp>
#include <bochner/estimator/variance.hpp>

#include "estimator/kummer.hpp"

#include <cmath>
#include <vector>

using namespace bochner;
using namespace bochner::estimator;
using namespace bochner::testing;

TEST_CASE("independent rows have the closed-form variance", "[variance]") {
  std::uint64_t seed = 0;
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(PositiveFeatures{}),
        FeatureFunction(HyperbolicFeatures{}), FeatureFunction(OprfFeatures{-0.1}),
        FeatureFunction(HyperbolicOprfFeatures{-0.08})}) {
    for (const double s : {0.25, 0.8}) {
      const Pair pair = dense_pair(6, s, s);
      const FeatureMapSpec spec = make_spec(6, 4, SoftmaxKernel{}, IidProjection{}, features);
      check_row_variance(spec, pair, ++seed);
    }
  }
}

TEST_CASE("orthogonal blocks, whole and truncated, have the closed-form variance", "[variance]") {
  std::uint64_t seed = 50;
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(CosineFeatures{}),
        FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicFeatures{}),
        FeatureFunction(OprfFeatures{-0.1}), FeatureFunction(HyperbolicOprfFeatures{-0.08})}) {
    for (const Index m : {Index{4}, Index{6}, Index{9}, Index{12}}) {
      const Pair pair = dense_pair(6, 0.6, 0.6);
      const FeatureMapSpec spec =
          make_spec(6, m, SoftmaxKernel{}, OrthogonalProjection{}, features);
      const CheckResult result =
          check_variance(spec, pair.x, pair.y, {.replicates = 20000, .seed = {++seed}});
      INFO(to_text(spec) << ": " << result.sentence);
      check_z(result.measured, result.expected, result.sigma);
      // Independent rows of the same number have another variance: the test can tell.
      FeatureMapSpec iid = spec;
      iid.projection = IidProjection{};
      if (m >= 6 && std::holds_alternative<TrigonometricFeatures>(features)) {
        caught_z(result.measured, kernel_moments(iid, pair.x, pair.y).variance, result.sigma);
      }
    }
  }
}

TEST_CASE("the covariance of orthogonal rows does not depend on the parameter of OPRF",
          "[variance]") {
  constexpr Index kDim = 5;
  constexpr Index kBlocks = 50000;
  constexpr double kSum = 0.8;  // |x + y|^2
  const double n = 0.5 * kDim;
  for (const double a : {-0.5, -0.15, -0.05, 0.03}) {
    Setting at = setting(kDim, kDim * kBlocks, kSum, SoftmaxKernel{}, OprfFeatures{a});
    const double exact = kernel_moments(at.spec, at.x, at.y).exact;
    // The first two rows of each block, in units of the squared mean.
    const auto mean_product = [&] {
      const std::vector<double> rows = contributions(at);
      double sum = 0.0;
      for (std::size_t first = 0; first < rows.size(); first += kDim) {
        sum += rows[first] * rows[first + 1];
      }
      return sum / (static_cast<double>(kBlocks) * exact * exact);
    };
    // E f1 f2 = M(d; d/2; z^2/2), and of the square by S^2 = |w1 + w2|^2 ~ Gamma(d, scale 2), which
    // the weight e^{4a S^2} makes Gamma(d, scale 2 / (1 - 8a)).
    const double first = kummer_moment(kDim, 0.5 * kSum).value() * std::exp(-kSum);
    const double narrowing = 1.0 - 8.0 * a;
    const double second = kummer_moment(kDim, 2.0 * (1.0 - 4.0 * a) * kSum / narrowing).value() *
                          std::exp(-2.0 * kSum) *
                          std::pow((1.0 - 4.0 * a) * (1.0 - 4.0 * a) / narrowing, 2.0 * n);
    const double sigma = std::sqrt((second - first * first) / static_cast<double>(kBlocks));
    CAPTURE(a, first, sigma);
    check_z(mean_product(), first, sigma);
    // Independent rows have a mean product of one.
    if (a > -0.2) caught_z(mean_product(), 1.0, sigma);
  }
}

TEST_CASE("simplices and antithetic pairs, whole and truncated, have the closed-form variance",
          "[variance]") {
  std::uint64_t seed = 200;
  for (const Projection& projection :
       {Projection(SimplexProjection{}), Projection(AntitheticProjection{}),
        Projection(AntitheticProjection{Directions::independent})}) {
    for (const FeatureFunction& features :
         {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(CosineFeatures{}),
          FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicFeatures{}),
          FeatureFunction(OprfFeatures{-0.1})}) {
      for (const auto& [dim, m] : {std::pair{Index{4}, Index{4}}, {4, 7}, {8, 8}}) {
        const Pair pair = dense_pair(dim, 0.6, 0.6);
        const FeatureMapSpec spec = make_spec(dim, m, SoftmaxKernel{}, projection, features);
        const CheckResult result =
            check_variance(spec, pair.x, pair.y, {.replicates = 20000, .seed = {++seed}});
        INFO(to_text(spec) << ": " << result.sentence);
        check_z(result.measured, result.expected, result.sigma);
        // Orthogonal rows of the same number have another variance: the test can tell.
        FeatureMapSpec orthogonal = spec;
        orthogonal.projection = OrthogonalProjection{};
        if (std::holds_alternative<PositiveFeatures>(features)) {
          caught_z(result.measured, kernel_moments(orthogonal, pair.x, pair.y).variance,
                   result.sigma);
        }
      }
    }
  }
}

TEST_CASE("constant radii have the closed-form variance", "[variance]") {
  std::uint64_t seed = 90;
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(PositiveFeatures{}),
        FeatureFunction(HyperbolicFeatures{})}) {
    const Pair pair = dense_pair(6, 0.8, 0.8);
    const FeatureMapSpec spec =
        make_spec(6, 9, SoftmaxKernel{}, OrthogonalProjection{Radii::constant}, features);
    const CheckResult result =
        check_variance(spec, pair.x, pair.y, {.replicates = 20000, .seed = {++seed}});
    INFO(to_text(spec) << ": " << result.sentence);
    check_z(result.measured, result.expected, result.sigma);
  }
}
