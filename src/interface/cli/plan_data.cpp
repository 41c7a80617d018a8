// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/plan_data.hpp"

#include "bochner/estimator/recommend.hpp"
#include "core/numbers.hpp"
#include "estimator/row_sample.hpp"
#include "io/message.hpp"
#include "report/identity.hpp"
#include "report/text_table.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace bochner::cli {
namespace {

/// What was asked for and what came of it.
struct Answer {
  Recommendation advice;
  FeatureMapSpec spec;  ///< the map planned for
  ExpectedError expected;
  std::optional<FrequencyPlan> plan;
  std::string reachable;  ///< where the map cannot reach the target: which would
};

/// The map of a ranking that reaches the target with the fewest columns.
std::string who_reaches(const Recommendation& advice, MatrixView<const double> rows,
                        const ErrorTarget& target, Basis basis, const Execution& execution) {
  std::string best;
  Index fewest = 0;
  constexpr std::size_t kMostTried = 8;
  for (std::size_t i = 0; i < std::min(kMostTried, advice.ranked.size()); ++i) {
    FeatureMapSpec spec = advice.ranked[i].spec;
    spec.num_frequencies =
        frequencies_needed(spec, rows, rows, target, basis, execution).num_frequencies;
    if (spec.num_frequencies == 0) continue;
    if (fewest != 0 && num_features(spec) >= fewest) continue;
    fewest = num_features(spec);
    best = to_text(spec.features) + " features, " + to_text(spec.projection) + " frequencies" +
           (spec.centring == Centring{} ? "" : ", centred") + ": " +
           std::to_string(spec.num_frequencies) + " frequencies";
  }
  return best.empty() ? "none of the best ranked maps reaches it; use the exact kernel"
                      : "it is reached by " + best;
}

Answer answer(const PlanRequest& request, const Kernel& kernel, MatrixView<const double> rows) {
  const Execution& execution = request.execution;
  Answer out;
  out.advice = recommend(kernel, rows, rows, request.budget, execution);
  out.spec = out.advice.ranked.front().spec;
  if (request.features) {
    out.spec = chosen_spec(request, kernel, rows.cols);
    out.spec.seed = request.budget.seed;
    FeatureMapSpec one = out.spec;
    one.num_frequencies = 1;
    out.spec.num_frequencies =
        std::max(out.spec.num_frequencies, request.budget.num_features / num_features(one));
  }
  out.expected = error_expected(out.spec, rows, rows, execution);
  if (!request.target) return out;
  out.plan = frequencies_needed(out.spec, rows, rows, *request.target, request.basis, execution);
  if (out.plan->num_frequencies == 0) {
    out.reachable = who_reaches(out.advice, rows, *request.target, request.basis, execution);
  }
  return out;
}

std::string text_of(const io::Table& input, Index rows_used, const Kernel& kernel,
                    const Answer& answer) {
  constexpr std::size_t kShown = 8;
  constexpr int kDigits = 3;
  std::string out =
      "# " + io::printable(input.path) + ": " + input.layout + "\nkernel " + to_text(kernel) + "\n";
  if (rows_used < input.rows.rows()) {
    out += "planned from " + std::to_string(rows_used) + " of " +
           std::to_string(input.rows.rows()) + " rows, drawn at random\n";
  }
  out += "\n";
  report::TextTable table({{"features"}, {"projection"}, {"centred"}, {"frequencies"}, {"error"}});
  for (std::size_t i = 0; i < std::min(kShown, answer.advice.ranked.size()); ++i) {
    const Candidate& candidate = answer.advice.ranked[i];
    table.add_row({to_text(candidate.spec.features), to_text(candidate.spec.projection),
                   candidate.spec.centring == Centring{} ? "no" : "yes",
                   std::to_string(candidate.spec.num_frequencies),
                   significant(candidate.error, kDigits)});
  }
  out += table.text() + "\n" + answer.advice.reason + "\n";
  out += "\nplanned: " + to_text(answer.spec.features) + ", " + to_text(answer.spec.projection) +
         "; relative error " + significant(answer.expected.root_mean_square, kDigits) + " with " +
         std::to_string(answer.spec.num_frequencies) + " frequencies\n";
  if (answer.plan) {
    const FrequencyPlan& plan = *answer.plan;
    out += plan.statement;
    if (plan.num_frequencies != 0) {
      out += ": " + std::to_string(plan.num_frequencies) + " frequencies";
      if (plan.whole_blocks != plan.num_frequencies) {
        out += " (in whole blocks " + std::to_string(plan.whole_blocks) + ", recommended)";
      }
    } else {
      out += "; " + answer.reachable;
    }
    out += "\n";
  }
  // Each warning once.
  std::vector<std::string> warnings{answer.advice.warning, answer.expected.warning,
                                    answer.plan ? answer.plan->warning : ""};
  for (std::size_t i = 0; i < warnings.size(); ++i) {
    if (std::find(warnings.begin(), warnings.begin() + static_cast<std::ptrdiff_t>(i),
                  warnings[i]) == warnings.begin() + static_cast<std::ptrdiff_t>(i) &&
        !warnings[i].empty()) {
      out += "warning: " + warnings[i] + "\n";
    }
  }
  return out;
}

std::string json_of(const PlanRequest& request, const io::Table& input, Index rows_used,
                    const Kernel& kernel, const Answer& answer) {
  nlohmann::ordered_json document = report::identity("plan", request.execution);
  document["input"] = report::describe(input);
  document["rows_used"] = rows_used;
  document["kernel"] = to_text(kernel);
  document["ranking"] = nlohmann::ordered_json::array();
  for (const Candidate& candidate : answer.advice.ranked) {
    document["ranking"].push_back({{"spec", to_text(candidate.spec)},
                                   {"error", candidate.error},
                                   {"operations_per_row", candidate.cost}});
  }
  document["reason"] = answer.advice.reason;
  document["warning"] = answer.advice.warning;
  document["spec"] = to_text(answer.spec);
  document["expected_relative_error"] = answer.expected.root_mean_square;
  document["mean_square_sum"] = answer.expected.mean_square_sum;
  if (answer.plan) {
    document["plan"] = {{"num_frequencies", answer.plan->num_frequencies},
                        {"whole_blocks", answer.plan->whole_blocks},
                        {"log10_frequencies", answer.plan->log10_frequencies},
                        {"root_mean_square", answer.plan->root_mean_square},
                        {"statement", answer.plan->statement},
                        {"warning", answer.plan->warning},
                        {"reachable", answer.reachable}};
  }
  return report::json_text(document);
}

}  // namespace

std::string plan_data(const PlanArguments& arguments, const PlanRequest& request) {
  const io::Table input = read_input(arguments.input);
  std::string out;
  naming_long_rows(input, [&] {
    const Kernel kernel = choose_kernel(arguments.kernel, input.rows.view());
    // Matrices over more rows have the same relative error, and take the square of the time.
    constexpr Index kMostRows = 4096;
    const Matrix<double> rows = row_sample(input.rows.view(), kMostRows, request.budget.seed, 0);
    const Answer result = answer(request, kernel, rows.view());
    out = arguments.json ? json_of(request, input, rows.rows(), kernel, result)
                         : text_of(input, rows.rows(), kernel, result);
  });
  return out;
}

}  // namespace bochner::cli
