// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/study.hpp"

#include <bochner/estimator/check.hpp>
#include <bochner/estimator/variance.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace bochner;
using namespace bochner::cli;

namespace {

const StudyPair kPair{"a pair", {0.3, -0.2, 0.4}, {0.1, 0.5, 0.2}};

StudyGroup group_of(const FeatureFunction& features, const Projection& projection) {
  StudyGroup group;
  group.spec.input_dim = 3;
  group.spec.num_frequencies = 1;
  group.spec.kernel = SoftmaxKernel{0.7};
  group.spec.projection = projection;
  group.spec.features = features;
  group.frequencies = {5, 16, 3};
  return group;
}

}  // namespace

TEST_CASE("a cell is what a map of its own size measures", "[study]") {
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(CosineFeatures{}),
        FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicOprfFeatures{-0.05})}) {
    for (const Projection& projection :
         {Projection(IidProjection{}), Projection(OrthogonalProjection{})}) {
      const StudyGroup group = group_of(features, projection);
      const auto cells = study(group, {kPair}, Seed{9}, 6, {}, [] {});
      REQUIRE(cells.size() == 3);
      CHECK(cells[0].num_frequencies == 3);
      for (const StudyCell& cell : cells) {
        FeatureMapSpec spec = group.spec;
        spec.num_frequencies = cell.num_frequencies;
        const SeededEstimate estimate = estimates_of(spec, kPair.x, kPair.y);
        double mean = 0.0;
        double square = 0.0;
        for (std::uint64_t r = 0; r < 6; ++r) {
          const double value = estimate(derive_seed(Seed{9}, r));
          mean += value / 6.0;
          square += (value - cell.exact) * (value - cell.exact) / 6.0;
        }
        CHECK(cell.measured_bias == Approx(mean - cell.exact).epsilon(1e-9).margin(1e-13));
        CHECK(cell.measured_relative_error == Approx(std::sqrt(square) / cell.exact));
        CHECK(cell.predicted_variance == kernel_moments(spec, kPair.x, kPair.y).variance);
      }
    }
  }
}

TEST_CASE("a study has the same numbers for any number of threads", "[study]") {
  const StudyGroup group = group_of(HyperbolicFeatures{}, OrthogonalProjection{});
  const auto one = study(group, {kPair, kPair}, Seed{1}, 40, Execution{1}, [] {});
  for (const int threads : {2, 3, 7}) {
    const auto many = study(group, {kPair, kPair}, Seed{1}, 40, Execution{threads}, [] {});
    REQUIRE(many.size() == one.size());
    for (std::size_t c = 0; c < one.size(); ++c) {
      CHECK(many[c].measured_bias == one[c].measured_bias);
      CHECK(many[c].measured_variance == one[c].measured_variance);
    }
  }
}

TEST_CASE("without replicates only the closed forms are there", "[study]") {
  const StudyGroup group = group_of(HyperbolicFeatures{}, OrthogonalProjection{});
  const auto cells = study(group, {kPair}, Seed{1}, 0, {}, [] {});
  REQUIRE(cells.size() == 3);
  CHECK(cells[0].predicted_variance > 0.0);
  CHECK(cells[0].measured_variance == 0.0);
}
