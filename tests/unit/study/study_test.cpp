// SPDX-License-Identifier: Apache-2.0
#include "study/pair_study.hpp"

#include <bochner/core/error.hpp>
#include <bochner/estimator/check.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace bochner;
using namespace bochner::study;

namespace {

const StudyPair kPair{"a pair", {0.3, -0.2, 0.4}, {0.1, 0.5, 0.2}};
const StudyPair kOther{"another", {0.1, 0.1, -0.6}, {0.3, -0.2, 0.1}};

FeatureMapSpec spec_of(const FeatureFunction& features, const Projection& projection) {
  FeatureMapSpec spec;
  spec.input_dim = 3;
  spec.num_frequencies = 1;
  spec.kernel = SoftmaxKernel{0.7};
  spec.projection = projection;
  spec.features = features;
  return spec;
}

StudyPlan plan_of(Index replicates) {
  StudyPlan plan;
  plan.pairs = {kPair, kOther};
  plan.frequencies = {5, 16, 3};
  plan.seed = {9};
  plan.replicates = replicates;
  for (const Projection& projection :
       {Projection(IidProjection{}), Projection(OrthogonalProjection{}),
        Projection(HadamardProjection{})}) {
    plan.maps.push_back({"trigonometric", spec_of(TrigonometricFeatures{}, projection), {0, 1}});
    plan.maps.push_back({"cosine", spec_of(CosineFeatures{}, projection), {0, 1}});
    plan.maps.push_back({"positive", spec_of(PositiveFeatures{}, projection), {1}});
    plan.maps.push_back(
        {"hyperbolic-oprf", spec_of(HyperbolicOprfFeatures{-0.05}, projection), {0}});
    plan.maps.push_back(
        {"hyperbolic-oprf", spec_of(HyperbolicOprfFeatures{-0.02}, projection), {1}});
  }
  return plan;
}

std::vector<StudyCell> cells_of(const StudyPlan& plan, const Execution& execution) {
  Study study(plan);
  while (!study.finished()) study.advance(execution);
  CHECK(study.work_done() == study.work());
  return study.cells();
}

void check_same(const std::vector<StudyCell>& a, const std::vector<StudyCell>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t c = 0; c < a.size(); ++c) {
    CHECK(a[c].features == b[c].features);
    CHECK(a[c].measured_bias == b[c].measured_bias);
    CHECK(a[c].measured_variance == b[c].measured_variance);
    CHECK(a[c].measured_variance_error == b[c].measured_variance_error);
    CHECK(a[c].measured_relative_error == b[c].measured_relative_error);
  }
}

}  // namespace

TEST_CASE("a cell is what a map of its own size measures", "[study]") {
  const StudyPlan plan = plan_of(6);
  const auto cells = cells_of(plan, {});
  REQUIRE(cells.size() == 3 * 7 * 3);
  std::size_t at = 0;
  for (const StudyMap& map : plan.maps) {
    for (const std::size_t p : map.pairs) {
      for (const Index frequencies : {3, 5, 16}) {
        const StudyCell& cell = cells[at++];
        const StudyPair& pair = plan.pairs[p];
        CHECK(cell.label == map.label);
        CHECK(cell.pair == pair.label);
        CHECK(cell.num_frequencies == frequencies);
        FeatureMapSpec spec = map.spec;
        spec.num_frequencies = frequencies;
        const SeededEstimate estimate = estimates_of(spec, pair.x, pair.y);
        double mean = 0.0;
        double square = 0.0;
        double variance = 0.0;
        for (std::uint64_t r = 0; r < 6; ++r) mean += estimate(derive_seed(Seed{9}, r)) / 6.0;
        for (std::uint64_t r = 0; r < 6; ++r) {
          const double value = estimate(derive_seed(Seed{9}, r));
          square += (value - cell.exact) * (value - cell.exact) / 6.0;
          variance += (value - mean) * (value - mean) / 5.0;
        }
        CHECK(cell.measured_bias == Approx(mean - cell.exact).epsilon(1e-9).margin(1e-13));
        CHECK(cell.measured_variance == Approx(variance).epsilon(1e-9));
        CHECK(cell.measured_relative_error == Approx(std::sqrt(square) / cell.exact));
        CHECK(cell.predicted_variance == kernel_moments(spec, pair.x, pair.y).variance);
      }
    }
  }
}

TEST_CASE("maps that one draw does not serve have the numbers that each has alone", "[study]") {
  FeatureMapSpec plain = spec_of(PositiveFeatures{}, IidProjection{});
  FeatureMapSpec centred = plain;
  centred.transform = {{0.2, 0.1, 0.3}, {0.2, 0.1, 0.3}};
  // Products of projections: another radius is another layout of the draw.
  FeatureMapSpec wide = spec_of(MaclaurinFeatures{.radius = 3.0}, RademacherProjection{});
  wide.kernel = SoftmaxKernel{0.5};
  FeatureMapSpec narrow = wide;
  narrow.features = MaclaurinFeatures{.radius = 1.0};
  for (const auto& [first, second] : {std::pair{plain, centred}, std::pair{wide, narrow}}) {
    StudyPlan plan;
    plan.pairs = {kPair};
    plan.frequencies = {24};
    plan.seed = {9};
    plan.replicates = 6;
    plan.maps = {{"first", first, {0}}, {"second", second, {0}}};
    const auto together = cells_of(plan, {});
    REQUIRE(together.size() == 2);
    plan.maps.erase(plan.maps.begin());
    check_same(cells_of(plan, {}), {together.back()});
  }
}

TEST_CASE("a study has the same numbers for any number of threads", "[study]") {
  const StudyPlan plan = plan_of(40);
  const auto one = cells_of(plan, Execution{1});
  for (const int threads : {2, 3, 7}) check_same(cells_of(plan, Execution{threads}), one);
}

TEST_CASE("a study goes on from any of its states to the same numbers", "[study]") {
  const StudyPlan plan = plan_of(70);
  const auto whole = cells_of(plan, {});
  for (int stop = 0; stop < 9; ++stop) {
    Study first(plan);
    for (int part = 0; part < stop; ++part) first.advance({});
    // Finished maps are the beginning of the cells.
    CHECK(first.cells().size() == static_cast<std::size_t>(stop / 3) * 7 * 3);
    Study second(plan);
    second.load(first.save());
    CHECK(second.work_done() == first.work_done());
    while (!second.finished()) second.advance({});
    check_same(second.cells(), whole);
  }
}

TEST_CASE("a state of another study is refused", "[study]") {
  Study small(plan_of(40));
  StudyPlan plan = plan_of(40);
  plan.pairs.pop_back();
  plan.maps.resize(1);
  plan.maps.front().pairs = {0};
  Study other(plan);
  CHECK_THROWS_AS(other.load(small.save()), InvalidArgument);
  Archive beyond = other.save();
  beyond.metadata["study_replicates"] = "40";
  CHECK_THROWS_AS(other.load(beyond), InvalidArgument);
}

TEST_CASE("without replicates only the closed forms are there", "[study]") {
  const auto cells = cells_of(plan_of(0), {});
  REQUIRE(cells.size() == 3 * 7 * 3);
  CHECK(cells[0].predicted_variance > 0.0);
  CHECK(cells[0].measured_variance == 0.0);
}
