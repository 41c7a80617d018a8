// SPDX-License-Identifier: Apache-2.0

// How long does a study take? Four maps, four projections, nine numbers of frequencies from 16 to
// 4096 and 200 replicates in 16 dimensions, at ten pairs, in seconds of one thread.
// Usage: bench_study [--quick]

#include "bench/support/report.hpp"

#include "study/pair_study.hpp"
#include "study/pairs.hpp"

#include <array>
#include <numbers>
#include <string>

using namespace bochner;
using namespace bochner::study;

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  constexpr Index kDim = 16;
  constexpr std::array kNorms = {0.5, 1.0};
  constexpr std::array kAngles = {0.0, std::numbers::pi / 4, std::numbers::pi / 2,
                                  3 * std::numbers::pi / 4, std::numbers::pi};
  StudyPlan plan;
  plan.pairs = pairs_at(kDim, kNorms, kAngles);
  plan.frequencies = {16, 32, 64, 128, 256, 512, 1024, 2048, 4096};
  plan.replicates = report.choose(200, 40);
  const std::array<FeatureFunction, 4> features = {TrigonometricFeatures{}, PositiveFeatures{},
                                                   HyperbolicFeatures{}, HyperbolicOprfFeatures{}};
  const std::array<Projection, 4> projections = {IidProjection{}, OrthogonalProjection{},
                                                 HadamardProjection{}, SimplexProjection{}};
  for (const Projection& projection : projections) {
    for (const FeatureFunction& function : features) {
      // One map per pair where the pair decides the parameter.
      for (std::size_t pair = 0; pair < plan.pairs.size(); ++pair) {
        FeatureMapSpec spec{.input_dim = kDim,
                            .num_frequencies = 1,
                            .kernel = SoftmaxKernel{1.0},
                            .projection = projection,
                            .features = function,
                            .seed = {},
                            .transform = {}};
        spec.features = fitted(function, square_sum(plan.pairs[pair], spec.kernel), kDim);
        if (!plan.maps.empty() && plan.maps.back().spec == spec) {
          plan.maps.back().pairs.push_back(pair);
        } else {
          plan.maps.push_back({"", spec, {pair}});
        }
      }
    }
  }
  const double start = bench::seconds_now(bench::Clock::thread);
  Study study(plan);
  while (!study.finished()) study.advance(Execution{1});
  const double seconds = bench::seconds_now(bench::Clock::thread) - start;
  const double whole = seconds * 200.0 / static_cast<double>(plan.replicates);
  report.line("study_seconds", whole, bench::at_most(30.0),
              std::to_string(study.cells().size()) + " cells, one thread" +
                  (report.quick() ? ", from 40 of 200 replicates" : ""));
  return 0;
}
