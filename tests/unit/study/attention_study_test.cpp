// SPDX-License-Identifier: Apache-2.0
#include "study/attention_study.hpp"

#include "bochner/client/attention/exact.hpp"
#include "bochner/estimator/optimal_parameter.hpp"
#include "bochner/kernel/data_scale.hpp"
#include "study/pairs.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <variant>

using namespace bochner;

namespace {

constexpr Index kLength = 96;
constexpr Index kDim = 8;

struct Problem {
  Matrix<double> queries = study::normal_rows(kLength, kDim, 0.7, 1);
  Matrix<double> keys = study::normal_rows(kLength, kDim, 0.7, 2);
  Matrix<double> values = study::normal_rows(kLength, kDim, 1.0, 3);

  static TensorView<const double, 4> view(const Matrix<double>& x) {
    return {x.data(), {1, 1, kLength, kDim}};
  }
  AttentionInputs<double> inputs() const { return {view(queries), view(keys), view(values)}; }
  FeatureMapSpec spec(const study::AttentionStudyPlan& plan) const {
    return study::attention_spec<double>(plan, queries.view(), keys.view());
  }
};

study::AttentionStudyPlan plan() {
  study::AttentionStudyPlan out;
  out.frequencies = {16, 256};
  out.seed = {5};
  return out;
}

}  // namespace

TEST_CASE("the map of a study is chosen by its rows", "[attention_study]") {
  const Problem problem;
  study::AttentionStudyPlan plan = ::plan();
  const FeatureMapSpec standard = problem.spec(plan);
  const double scale = 1.0 / std::sqrt(static_cast<double>(kDim));
  CHECK(standard.kernel == Kernel(SoftmaxKernel{scale}));
  CHECK(standard.num_frequencies == 16);
  const double square = scale * mean_square_sum(problem.queries.view(), problem.keys.view());
  CHECK(standard.features ==
        FeatureFunction(HyperbolicOprfFeatures{optimal_hyperbolic_oprf_parameter(square, kDim)}));

  plan.mean_square_sum = 0.5;
  const Kernel kernel = problem.spec(plan).kernel;
  CHECK(std::get<SoftmaxKernel>(kernel).scale *
            mean_square_sum(problem.queries.view(), problem.keys.view()) ==
        Approx(0.5));

  // Rows far from the origin on opposite sides: their sum is short, their centres are not.
  Problem far;
  for (Index i = 0; i < far.queries.size(); ++i) far.queries.data()[i] += 3.0;
  for (Index i = 0; i < far.keys.size(); ++i) far.keys.data()[i] -= 1.0;
  plan = ::plan();
  const FeatureFunction apart = far.spec(plan).features;
  plan.means = study::Means::subtracted;
  const FeatureMapSpec centred = far.spec(plan);
  // Positive features see sums: what is subtracted is their mean, 3 - 1.
  CHECK(centred.transform.query[0] + centred.transform.key[0] == Approx(2.0).margin(0.3));
  CHECK(centred.features != apart);

  plan = ::plan();
  plan.features = PositiveFeatures{};
  plan.scale = 0.25;
  CHECK(problem.spec(plan).kernel == Kernel(SoftmaxKernel{0.25}));
  CHECK(problem.spec(plan).features == FeatureFunction(PositiveFeatures{}));
}

TEST_CASE("a study runs random features beside exact attention", "[attention_study]") {
  const Problem problem;
  study::AttentionStudyPlan plan = ::plan();
  const FeatureMapSpec spec = problem.spec(plan);

  const auto alone = study::run_attention_study<double>(plan, {spec}, problem.inputs());
  CHECK_FALSE(alone.exact_seconds);
  REQUIRE(alone.runs.size() == 2);

  plan.runs = study::AttentionRuns::features_and_exact;
  const auto compared = study::run_attention_study<double>(plan, {spec}, problem.inputs());
  REQUIRE(compared.runs.size() == 2);
  CHECK(compared.exact_seconds);
  CHECK(compared.runs[0].spec.num_frequencies == 16);
  CHECK(compared.runs[1].spec.num_frequencies == 256);
  CHECK(compared.runs[1].error < compared.runs[0].error);
  CHECK(compared.runs[1].error > 0.0);

  plan.runs = study::AttentionRuns::exact;
  const auto exact = study::run_attention_study<double>(plan, {spec}, problem.inputs());
  CHECK(exact.runs.empty());
  Matrix<double> out(kLength, kDim);
  exact_attention<double>(spec.kernel, problem.inputs(), {out.data(), {1, 1, kLength, kDim}});
  double worst = 0.0;
  double error = 0.0;
  double norm = 0.0;
  for (Index e = 0; e < out.size(); ++e) {
    worst = std::max(worst, std::abs(out.data()[e] - exact.output.data()[e]));
    error += std::pow(out.data()[e] - compared.output.data()[e], 2);
    norm += std::pow(out.data()[e], 2);
  }
  CHECK(worst == 0.0);
  CHECK(compared.runs[1].error == Approx(std::sqrt(error / norm)));
}

TEST_CASE("maps of a study share exact attention, and each has its own errors",
          "[attention_study]") {
  const Problem problem;
  study::AttentionStudyPlan plan = ::plan();
  plan.runs = study::AttentionRuns::features_and_exact;
  FeatureMapSpec first = problem.spec(plan);
  FeatureMapSpec second = first;
  second.features = PositiveFeatures{};
  const auto both = study::run_attention_study<double>(plan, {first, second}, problem.inputs());
  REQUIRE(both.runs.size() == 4);
  for (const FeatureMapSpec& spec : {first, second}) {
    const auto alone = study::run_attention_study<double>(plan, {spec}, problem.inputs());
    const std::size_t at = spec == first ? 0 : 2;
    for (std::size_t r = 0; r < 2; ++r) {
      CHECK(both.runs[at + r].spec == alone.runs[r].spec);
      CHECK(both.runs[at + r].error == alone.runs[r].error);
      CHECK(both.runs[at + r].quality.predicted_error == alone.runs[r].quality.predicted_error);
    }
  }
  CHECK(both.runs[0].error != both.runs[2].error);
}
