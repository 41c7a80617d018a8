// SPDX-License-Identifier: Apache-2.0
#include "report/plan_report.hpp"

#include "bochner/core/names.hpp"
#include "core/numbers.hpp"
#include "io/message.hpp"
#include "report/identity.hpp"
#include "report/record.hpp"
#include "report/spec_values.hpp"

#include <algorithm>
#include <cstddef>

namespace bochner::report {
namespace {

constexpr std::size_t kShown = 8;
constexpr int kDigits = 3;

/// The first of a ranking.
template <class Record>
std::span<const Record> shown(const std::vector<Record>& ranking) {
  return std::span(ranking).first(std::min(kShown, ranking.size()));
}

Columns<Candidate> candidate_columns() {
  return {{{.heading = "features"}, features_text},
          {{.heading = "projection"}, projection_text},
          {{.heading = "centred"},
           [](const Candidate& c) { return c.spec.transform != PairTransform{}; }},
          {{.heading = "frequencies"}, frequencies_of},
          {{.key = "spec"}, spec_text},
          {both("error", kDigits), &Candidate::error},
          {{.key = "operations_per_row"}, &Candidate::cost}};
}

/// Nothing where no number of frequencies reaches the target.
Value reached(const FrequencyPlan& plan, Index value) {
  return plan.num_frequencies == 0 ? Value() : Value(value);
}

/// The number of frequencies, likewise.
constexpr auto reaching = [](const auto& row) {
  return reached(row.plan, row.plan.num_frequencies);
};

Columns<study::PairPlan> pair_columns() {
  using Map = study::PairPlan;
  return {
      {{.heading = "features"}, features_text},
      {{.heading = "projection"}, projection_text},
      {{.key = "spec"}, spec_text},
      {{.key = "num_frequencies"}, [](const Map& m) { return m.plan.num_frequencies; }},
      {{.heading = "frequencies"}, reaching},
      {{.heading = "columns"}, [](const Map& m) { return reached(m.plan, num_features(m.spec)); }},
      {{.key = "whole_blocks"}, [](const Map& m) { return m.plan.whole_blocks; }},
      {{.key = "log10_frequencies"}, [](const Map& m) { return m.plan.log10_frequencies; }},
      {{.key = "worst_pair", .heading = "worst pair"}, &Map::pair},
      {{.key = "statement"}, [](const Map& m) { return m.plan.statement; }},
      {{.key = "warning"}, [](const Map& m) { return m.plan.warning; }},
      {{.key = "relative_error_at_budget"}, &Map::relative_error}};
}

std::string basis_name(const study::BasisPlan& basis) {
  return std::string(bochner::name_of(basis.basis));
}

Columns<study::BasisPlan> basis_columns() {
  return {{{.heading = "basis"}, basis_name}, {{.heading = "frequencies"}, reaching}};
}

/// The promise and its number, or else who keeps it.
std::string promise(const FrequencyPlan& plan, const std::string& reachable) {
  if (plan.num_frequencies == 0) return plan.statement + "; " + reachable + "\n";
  return plan.statement + ": " + std::to_string(plan.num_frequencies) + " frequencies" +
         (plan.whole_blocks == plan.num_frequencies
              ? ""
              : " (in whole blocks " + std::to_string(plan.whole_blocks) + ", recommended)") +
         "\n";
}

/// Empty where the planned map reaches the target itself.
std::string reachable(const study::DataPlan& plan) {
  if (plan.plan->num_frequencies != 0) return "";
  if (!plan.reached_by) return "none of the best ranked maps reaches it; use the exact kernel";
  const FeatureMapSpec& spec = *plan.reached_by;
  return "it is reached by " + to_text(spec.features) + " features, " + to_text(spec.projection) +
         " frequencies" + (spec.transform == PairTransform{} ? "" : ", centred") + ": " +
         std::to_string(spec.num_frequencies) + " frequencies";
}

std::string map_name(const FeatureMapSpec& spec) {
  return to_text(spec.features) + ", " + to_text(spec.projection);
}

std::string reachable(const study::PairPlans& plans) {
  if (plans.ranking.empty() || plans.ranking.front().plan.num_frequencies == 0) {
    return "no map reaches it; use the exact kernel";
  }
  const study::PairPlan& best = plans.ranking.front();
  return "it is reached by " + map_name(best.spec) + ": " +
         std::to_string(best.plan.num_frequencies) + " frequencies";
}

}  // namespace

std::string data_plan_text(const io::Table& input, const study::DataPlanRequest& request,
                           const study::DataPlan& plan) {
  std::string out = "# " + io::printable(input.path) + ": " + input.layout + "\nkernel " +
                    to_text(request.kernel) + "\n";
  if (plan.rows_used < input.rows.rows()) {
    out += "planned from " + std::to_string(plan.rows_used) + " of " +
           std::to_string(input.rows.rows()) + " rows, drawn at random\n";
  }
  out += "\n" + text_table(tabulate(candidate_columns(), shown(plan.advice.ranked))) + "\n" +
         plan.advice.reason + "\n\nplanned: " + map_name(plan.spec) + "; relative error " +
         significant(plan.expected.root_mean_square, kDigits) + " with " +
         std::to_string(plan.spec.num_frequencies) + " frequencies\n";
  if (plan.plan) out += promise(*plan.plan, reachable(plan));
  // Each warning once.
  std::vector<std::string> said{""};
  for (const std::string& warning : {plan.advice.warning, plan.expected.warning,
                                     plan.plan ? plan.plan->warning : std::string()}) {
    if (std::find(said.begin(), said.end(), warning) != said.end()) continue;
    out += "warning: " + warning + "\n";
    said.push_back(warning);
  }
  return out;
}

std::string data_plan_json(const io::Table& input, const study::DataPlanRequest& request,
                           const study::DataPlan& plan) {
  nlohmann::ordered_json document = identity("plan", request.execution);
  document["input"] = describe(input);
  document["rows_used"] = plan.rows_used;
  document["kernel"] = to_text(request.kernel);
  document["ranking"] = json_rows(tabulate(candidate_columns(), plan.advice.ranked));
  document["reason"] = plan.advice.reason;
  document["warning"] = plan.advice.warning;
  document["spec"] = to_text(plan.spec);
  document["expected_relative_error"] = plan.expected.root_mean_square;
  document["mean_square_sum"] = plan.expected.mean_square_sum;
  if (plan.plan) {
    document["plan"] = {{"num_frequencies", plan.plan->num_frequencies},
                        {"whole_blocks", plan.plan->whole_blocks},
                        {"log10_frequencies", plan.plan->log10_frequencies},
                        {"root_mean_square", plan.plan->root_mean_square},
                        {"statement", plan.plan->statement},
                        {"warning", plan.plan->warning},
                        {"reachable", reachable(plan)}};
  }
  return json_text(document);
}

std::string pair_plans_text(const study::PairPlans& plans) {
  const study::PairPlan& planned = plans.planned;
  const std::string& warning = planned.plan.warning;
  return "kernel " + to_text(plans.kernel) + "\n\n" +
         text_table(tabulate(pair_columns(), shown(plans.ranking))) +
         "\nplanned: " + map_name(planned.spec) + "\n" + promise(planned.plan, reachable(plans)) +
         "\n" + text_table(tabulate(basis_columns(), plans.bases)) +
         (warning.empty() ? "" : "\nwarning: " + warning + "\n");
}

std::string pair_plans_json(const study::PairPlans& plans) {
  nlohmann::ordered_json document = identity("plan", {.num_threads = 1});
  document["kernel"] = to_text(plans.kernel);
  document["ranking"] = json_rows(tabulate(pair_columns(), plans.ranking));
  document["planned"] = json_rows(tabulate(pair_columns(), {&plans.planned, 1})).front();
  if (plans.planned.plan.num_frequencies == 0) document["planned"]["reachable"] = reachable(plans);
  document["bases"] = nlohmann::ordered_json::object();
  for (const study::BasisPlan& basis : plans.bases) {
    document["bases"][basis_name(basis)] = basis.plan.num_frequencies;
  }
  return json_text(document);
}

std::string ball_plan_text(const FeatureMapSpec& spec, const std::string& radius,
                           const FrequencyPlan& plan) {
  return "kernel " + to_text(spec.kernel) + ", " + map_name(spec) + ", ball of radius " + radius +
         " in " + std::to_string(spec.input_dim) + " dimensions\n" + plan.statement +
         (plan.num_frequencies == 0
              ? ""
              : ": " + std::to_string(plan.num_frequencies) + " frequencies") +
         "\n" + (plan.warning.empty() ? "" : "warning: " + plan.warning + "\n");
}

std::string ball_plan_json(const FeatureMapSpec& spec, double radius, const FrequencyPlan& plan) {
  nlohmann::ordered_json document = identity("plan", {.num_threads = 1});
  document["kernel"] = to_text(spec.kernel);
  document["spec"] = to_text(spec);
  document["radius"] = radius;
  document["plan"] = {{"num_frequencies", plan.num_frequencies},
                      {"statement", plan.statement},
                      {"warning", plan.warning}};
  return json_text(document);
}

}  // namespace bochner::report
