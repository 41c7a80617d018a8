// SPDX-License-Identifier: Apache-2.0
#include "pairs.hpp"
#include "support/statistics.hpp"

#include <bochner/estimator/check.hpp>
#include <bochner/estimator/variance.hpp>

using namespace bochner;
using namespace bochner::testing;

TEST_CASE("complementary radii, whole and truncated, have the closed-form variance", "[variance]") {
  std::uint64_t seed = 400;
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(CosineFeatures{}),
        FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicFeatures{}),
        FeatureFunction(HyperbolicOprfFeatures{-0.08})}) {
    for (const auto& [dim, m] : {std::pair{Index{8}, Index{8}}, {8, 13}, {5, 5}, {5, 9}, {2, 4}}) {
      const Pair pair = dense_pair(dim, 0.6, 0.8);
      const FeatureMapSpec spec =
          make_spec(dim, m, SoftmaxKernel{}, OrthogonalProjection{Radii::paired}, features);
      const CheckResult result =
          check_variance(spec, pair.x, pair.y, {.replicates = 20000, .seed = {++seed}});
      INFO(to_text(spec) << ": " << result.sentence);
      check_z(result.measured, result.expected, result.sigma);
      CHECK(check_unbiased(spec, pair.x, pair.y, {.replicates = 20000, .seed = {seed}}).passed());
      // Independent radii have another variance: the test can tell.
      FeatureMapSpec sampled = spec;
      sampled.projection = OrthogonalProjection{};
      if (m == dim && std::holds_alternative<TrigonometricFeatures>(features)) {
        caught_z(result.measured, kernel_moments(sampled, pair.x, pair.y).variance, result.sigma);
      }
    }
  }
}
