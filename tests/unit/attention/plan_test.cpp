// SPDX-License-Identifier: Apache-2.0
//
// Plans reach their goals, and are carried out as they say.
#include "reference.hpp"

#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/plan.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

constexpr Index kDim = 16;

FeatureMapSpec base() {
  FeatureMapSpec spec =
      map_spec(kDim, 64, HyperbolicOprfFeatures{}, SoftmaxKernel::for_dimension(kDim));
  return spec;
}

/// Heads from easy to hard: 0 is nearly uniform, 1 in clusters that are far away by position, 2
/// sharp without structure.
Qkv<float> heads_of_all_kinds(Index length) {
  Qkv<float> x = normal_qkv<float>({1, 3, 3, length, length, kDim, 8}, 5);
  const Tensor<float> centres = normal_tensor<float>(1, 1, 12, kDim, 6, 3.0);
  for (Index i = 0; i < length; ++i) {
    for (Index c = 0; c < kDim; ++c) {
      x.q(0, 0, i, c) *= 0.2F;
      x.k(0, 0, i, c) *= 0.2F;
      x.q(0, 1, i, c) = centres(0, 0, i % 12, c) + 0.05F * x.q(0, 1, i, c);
      x.k(0, 1, i, c) = centres(0, 0, 12 * i / length, c) + 0.05F * x.k(0, 1, i, c);
      x.q(0, 2, i, c) *= 6.0F;
      x.k(0, 2, i, c) *= 6.0F;
    }
    for (Index c = 0; c < 8; ++c) {
      x.v(0, 1, i, c) = centres(0, 0, 12 * i / length, c) + 0.05F * x.v(0, 1, i, c);
    }
  }
  return x;
}

double head_error(const Tensor<float>& out, const Tensor<float>& exact, Index head) {
  double error = 0.0;
  double norm = 0.0;
  for (Index i = 0; i < out.extents[2]; ++i) {
    for (Index c = 0; c < out.extents[3]; ++c) {
      error += std::pow(out(0, head, i, c) - exact(0, head, i, c), 2);
      norm += std::pow(exact(0, head, i, c), 2);
    }
  }
  return std::sqrt(error / norm);
}

}  // namespace

TEST_CASE("a plan chooses for each head and reaches its error", "[attention][plan]") {
  const HeadSpecs specs(base());
  for (const Index length : {1000, 3000}) {
    const Qkv<float> x = heads_of_all_kinds(length);
    const std::vector<HeadPlan> plans = plan_attention<float>(specs, 0, x.inputs());
    REQUIRE(plans.size() == 3);
    CHECK(plans[0].method == AttentionMethod::features);
    CHECK(plans[0].source == PlanErrorSource::closed_form);
    CHECK(plans[1].method != AttentionMethod::exact);
    CHECK(plans[1].source == PlanErrorSource::measured);
    CHECK(plans[2].method == AttentionMethod::exact);
    CHECK(plans[2].source == PlanErrorSource::none);
    Tensor<float> out = x.output();
    const AttentionReport report =
        attention<float>(std::span<const HeadPlan>(plans), x.inputs(), out.view());
    CHECK(report.nonfinite_rows == 0);
    Tensor<float> exact = x.output();
    exact_attention<float>(base().kernel, x.inputs(), exact.view());
    for (Index h = 0; h < 3; ++h) {
      const HeadPlan& plan = plans[static_cast<std::size_t>(h)];
      CAPTURE(length, h, plan.sentence);
      CHECK(plan.error <= 0.1);
      CHECK(head_error(out, exact, h) <= 1.5 * 0.1);
      CHECK(plan.nanoseconds <= plan.exact_nanoseconds);
      CHECK(!plan.sentence.empty());
    }
    CHECK(head_error(out, exact, 2) <= 1e-5);
    const std::vector<HeadPlan> again =
        plan_attention<float>(specs, 0, x.inputs(), {}, {}, Execution{2});
    for (std::size_t h = 0; h < 3; ++h) CHECK(again[h].error == plans[h].error);
    CHECK_THAT(to_text(plans), Contains("\n0     features "));
    // Where features are dear, clusters have means.
    const std::vector<HeadPlan> means =
        plan_attention<float>(specs, 0, x.inputs(), {.costs = {.feature = 1e3}});
    CHECK(means[1].method == AttentionMethod::exact_and_means);
    CHECK(means[2].method == AttentionMethod::exact);
  }
}

TEST_CASE("a plan for a time finds the smallest error in it", "[attention][plan]") {
  const HeadSpecs specs(base());
  const Qkv<float> x = heads_of_all_kinds(1000);
  double before = 0.0;
  for (const double time : {0.9, 0.4, 0.1}) {
    const std::vector<HeadPlan> plans = plan_attention<float>(specs, 0, x.inputs(), {.time = time});
    for (const HeadPlan& plan : plans) {
      if (plan.method != AttentionMethod::exact) {
        CHECK(plan.nanoseconds <= time * plan.exact_nanoseconds);
      }
    }
    if (plans[1].method == AttentionMethod::exact) continue;
    CHECK(plans[1].error >= before);  // less time, no smaller error
    before = plans[1].error;
  }
  // With as much time as exact attention takes something inexact may be found; with 1e-9 nothing.
  for (const HeadPlan& plan : plan_attention<float>(specs, 0, x.inputs(), {.time = 1e-9})) {
    CHECK(plan.method == AttentionMethod::exact);
    CHECK_THAT(plan.sentence, Contains("nothing else is in"));
  }
}

TEST_CASE("plans with masks and lengths never read what is not live", "[attention][plan]") {
  const HeadSpecs specs(base());
  Qkv<float> x = heads_of_all_kinds(400);
  const std::vector<Index> lengths{300};
  for (Index h = 0; h < 3; ++h) {
    for (Index j = 300; j < 400; ++j) {
      x.k(0, h, j, 0) = x.v(0, h, j, 0) = std::numeric_limits<float>::quiet_NaN();
    }
  }
  for (const Mask mask : {Mask::none, Mask::causal}) {
    const AttentionOptions options{.mask = mask, .key_lengths = lengths};
    const std::vector<HeadPlan> plans =
        plan_attention<float>(specs, 0, x.inputs(), {.error = 0.3}, options);
    Tensor<float> out = x.output();
    const AttentionReport report =
        attention<float>(std::span<const HeadPlan>(plans), x.inputs(), out.view(), options);
    CHECK(report.nonfinite_rows == 0);
  }
}

TEST_CASE("plans refuse what they cannot plan", "[attention][plan][bad]") {
  const HeadSpecs specs(base());
  const Qkv<float> x = heads_of_all_kinds(40);
  const auto plan = [&](const AttentionGoal& goal, const AttentionOptions& options) {
    return plan_attention<float>(specs, 0, x.inputs(), goal, options);
  };
  CHECK_THROWS_WITH(plan({.error = 0.0}, {}), Contains("plan_attention: goal.error"));
  CHECK_THROWS_WITH(plan({.time = -1.0}, {}), Contains("plan_attention: goal.time"));
  CHECK_THROWS_WITH(plan({}, {.exact = {.window = 3}}), Contains("weighed exactly"));
  const std::vector<Index> bounds{0, 40};
  CHECK_THROWS_WITH(plan({}, {.cu_seqlens = bounds}), Contains("cu_seqlens is given"));
  const std::vector<HeadPlan> plans = plan({}, {});
  Tensor<float> out = x.output();
  CHECK_THROWS_WITH(attention<float>(std::span(plans).first(2), x.inputs(), out.view()),
                    Contains("plans"));
}
