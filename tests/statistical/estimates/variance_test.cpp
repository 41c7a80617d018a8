// SPDX-License-Identifier: Apache-2.0
#include "fourth_moment.hpp"
#include "pairs.hpp"
#include "support/statistics.hpp"

#include <bochner/estimator/check.hpp>
#include <bochner/estimator/variance.hpp>

#include <cmath>

using namespace bochner;
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
      const CheckResult result = check_variance(
          estimates_of(spec, pair.x, pair.y), kernel_moments(spec, pair.x, pair.y).variance,
          fourth_of_mean(spec, pair), {.replicates = 40000, .seed = {++seed}});
      INFO(to_text(spec) << ": " << result.sentence);
      check_z(result.measured, result.expected, result.sigma);
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
      for (const Index m : {Index{4}, Index{7}}) {
        const Pair pair = dense_pair(4, 0.6, 0.6);
        const FeatureMapSpec spec = make_spec(4, m, SoftmaxKernel{}, projection, features);
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
