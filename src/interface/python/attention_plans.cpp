// SPDX-License-Identifier: Apache-2.0
#include "interface/python/attention.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/module.hpp"
#include "interface/python/registry.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/tuple.h>

#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

/// What of a plan is carried out: spec, exact pairs, rest.
using Carried = std::tuple<FeatureMapSpec, ExactPairs, std::string>;

std::vector<HeadPlan> plans_of(const std::vector<Carried>& carried) {
  std::vector<HeadPlan> plans;
  for (const auto& [spec, exact, rest] : carried) {
    HeadPlan plan;
    plan.spec = spec;
    plan.exact = exact;
    plan.rest = choice<Rest>("rest", rest);
    plans.push_back(std::move(plan));
  }
  return plans;
}

nb::list plan_attention(const FeatureMapSpec& base, Index layer, const Input& q, const Input& k,
                        const Input& v, double error, std::optional<double> time,
                        const std::tuple<double, double, double, double>& costs,
                        const HeldAttentionOptions& options, Threads threads) {
  const AttentionGoal goal{.error = error, .time = time, .costs = std::apply(&costs_of, costs)};
  const std::vector<HeadPlan> plans = unlocked(q, [&]<class T>() {
    return bochner::plan_attention<T>(HeadSpecs(base), layer,
                                      {tensor<T>(q), tensor<T>(k), tensor<T>(v)}, goal,
                                      options.view(), interruptible(threads));
  });
  nb::list result;
  for (const HeadPlan& plan : plans) result.append(to_dict(plan));
  return result;
}

nb::dict attend_as_planned(const std::vector<Carried>& carried, const Input& q, const Input& k,
                           const Input& v, const Output& out, const HeldAttentionOptions& options,
                           Threads threads) {
  const std::vector<HeadPlan> plans = plans_of(carried);
  return to_dict(unlocked(q, [&]<class T>() {
    return bochner::attention<T>(std::span<const HeadPlan>(plans),
                                 {tensor<T>(q), tensor<T>(k), tensor<T>(v)}, tensor<T>(out),
                                 options.view(), interruptible(threads));
  }));
}

}  // namespace

void define_attention_plans(nb::module_& m) {
  m.def("alibi_slopes", &alibi_slopes, nb::arg("heads"));
  m.def("plan_attention", &plan_attention, nb::arg("base"), nb::arg("layer"), nb::arg("queries"),
        nb::arg("keys"), nb::arg("values"), nb::arg("error"), nb::arg("time").none(),
        nb::arg("costs"), nb::arg("options"), nb::arg("num_threads").none());
  m.def("attend_as_planned", &attend_as_planned, nb::arg("plans"), nb::arg("queries"),
        nb::arg("keys"), nb::arg("values"), nb::arg("out"), nb::arg("options"),
        nb::arg("num_threads").none());
}

}  // namespace bochner::python
