// SPDX-License-Identifier: Apache-2.0
#include "report/fit_report.hpp"

#include "core/numbers.hpp"
#include "io/message.hpp"
#include "pipeline/held_part.hpp"
#include "report/identity.hpp"
#include "report/predicted_chart.hpp"
#include "report/ridge_path_report.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>

namespace bochner::report {
namespace {

/// The first names of a list.
std::string quoted_list(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 8;
  std::string out;
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i) {
    out += (i == 0 ? "" : ", ") + io::quoted(names[i]);
  }
  if (names.size() > kShown) out += " and " + std::to_string(names.size() - kShown) + " more";
  return out;
}

/// Inputs that the search took for the mark of groups, where none were named.
std::vector<std::string> found_groups(const pipeline::Model& model, const SearchResult& search) {
  std::vector<std::string> out;
  for (const Index column : search.group_columns) {
    out.push_back(model.inputs[static_cast<std::size_t>(column)]);
  }
  return out;
}

/// What the model holds for intervals, and of how many rows.
std::string intervals_text(const pipeline::FitRequest& request, const pipeline::Model& model) {
  Index rows = 0;
  pipeline::if_held(model.held_out, [&](const auto& held) { rows = held.num_rows(); });
  return to_text(request.intervals) + ", " + std::to_string(rows) + " rows";
}

/// Models that imitate other draws of the frequencies.
Index num_draws(const pipeline::Model& model) {
  Index draws = 0;
  pipeline::if_held(model.feature_errors, [&](const auto& errors) { draws = errors.num_models(); });
  return draws;
}

}  // namespace

std::string fit_text(const pipeline::FitRequest& request, const pipeline::Fitted& fit) {
  const pipeline::Model& model = fit.model;
  const pipeline::FitOutcome& outcome = fit.outcome;
  const pipeline::FitSearch& search = outcome.search;
  std::string out = "# bochner fit, instruction set " + instruction_set() + ", threads " +
                    std::to_string(thread_count(request.execution)) + "\n";
  out += "data      " + io::printable(request.data) + ", " + std::to_string(model.num_rows) +
         " rows, " + std::to_string(model.inputs.size()) + " inputs\n";
  out += "layout    " + io::printable(outcome.layout) + "\n";
  if (!request.columns.weights.empty()) {
    out += "weights   " + io::quoted(request.columns.weights.front()) + "\n";
  }
  if (!outcome.constant.empty()) out += "constant  " + quoted_list(outcome.constant) + "\n";
  if (!model.classes.empty()) {
    out += "classes   " + std::to_string(model.classes.size()) + "\n";
  }
  out += "map       " + to_text(model.spec()) + "\n";
  out += "ridge     " + shortest(model.ridge()) + "\n";
  if (search.kernel) {
    out += "search    " + std::to_string(search.kernel->candidates.size()) + " candidates, " +
           to_text(request.search) + " score " + significant(search.kernel->score, 4) + " +- " +
           significant(search.kernel->standard_error, 2);
    if (search.kernel->num_groups > 0) {
      out += ", " + std::to_string(search.kernel->num_groups) + " groups";
      const std::vector<std::string> found = found_groups(model, *search.kernel);
      if (!found.empty()) out += " found in the data (rows of equal " + quoted_list(found) + ")";
    }
    out += "\n";
  }
  if (search.ridge) {
    const std::size_t best = search.ridge->best();
    out += "ridges    " + std::to_string(search.ridge->ridge.size()) + ", " +
           to_text(request.search) + " log loss " + significant(search.ridge->log_loss[best], 4) +
           " +- " + significant(search.ridge->standard_error[best], 2) + "\n";
  }
  if (outcome.logistic) {
    out += "newton    " + std::to_string(outcome.logistic->steps) + " steps" +
           (outcome.logistic->converged ? "" : ", not converged") + ", objective " +
           significant(outcome.logistic->objective, 5) + "\n";
  }
  if (outcome.iterative) {
    out += "gradients " + std::to_string(outcome.iterative->iterations) + " iterations" +
           (outcome.iterative->converged ? "" : ", not converged") + ", relative residual " +
           significant(outcome.iterative->residual, 2) + "\n";
  }
  if (model.has_intervals()) out += "intervals " + intervals_text(request, model) + "\n";
  if (model.has_feature_errors()) {
    out += "draws     " + std::to_string(num_draws(model)) + " for feature errors\n";
  }
  const auto fresh = static_cast<double>(model.num_rows - outcome.resumed_rows);
  out += "time      " + duration(outcome.seconds) + ", " + significant(fresh / outcome.seconds, 3) +
         " rows/s";
  if (outcome.resumed_rows > 0) {
    out += ", after " + std::to_string(outcome.resumed_rows) + " rows of a checkpoint";
  }
  return out + "\nmodel     " + io::printable(request.output) + "\n";
}

std::string fit_json(const pipeline::FitRequest& request, const pipeline::Fitted& fit) {
  const pipeline::Model& model = fit.model;
  const pipeline::FitOutcome& outcome = fit.outcome;
  const pipeline::FitSearch& search = outcome.search;
  nlohmann::ordered_json out = identity("fit", request.execution);
  out["input"] = {{"path", request.data},     {"sha256", model.data_digest},
                  {"layout", outcome.layout}, {"rows", model.num_rows},
                  {"columns", model.inputs},  {"constant_columns", outcome.constant}};
  if (!request.columns.weights.empty()) out["weights"] = request.columns.weights.front();
  out["targets"] = model.targets;
  out["classes"] = model.classes;
  out["map"] = to_text(model.spec());
  out["ridge"] = model.ridge();
  if (search.kernel) {
    out["search"] = {{"validate", to_text(request.search)},
                     {"candidates", search.kernel->candidates.size()},
                     {"score", search.kernel->score},
                     {"standard_error", search.kernel->standard_error},
                     {"groups", search.kernel->num_groups},
                     {"group_columns", found_groups(model, *search.kernel)}};
  }
  if (search.ridge) out["log_loss_path"] = json_lists(path_table(*search.ridge));
  if (outcome.logistic) {
    out["newton"] = {{"steps", outcome.logistic->steps},
                     {"products", outcome.logistic->products},
                     {"gradient", outcome.logistic->gradient},
                     {"objective", outcome.logistic->objective},
                     {"converged", outcome.logistic->converged}};
  }
  if (outcome.iterative) {
    out["conjugate_gradients"] = {{"iterations", outcome.iterative->iterations},
                                  {"residual", outcome.iterative->residual},
                                  {"sketch_rows", outcome.iterative->sketch_rows},
                                  {"converged", outcome.iterative->converged}};
  }
  if (model.has_intervals()) out["intervals"] = intervals_text(request, model);
  if (model.has_feature_errors()) out["feature_error_draws"] = num_draws(model);
  out["seconds"] = outcome.seconds;
  out["resumed_rows"] = outcome.resumed_rows;
  out["model"] = request.output;
  return json_text(out);
}

void add_fit_report(io::OutputFolder& folder, const pipeline::FitRequest& request,
                    const pipeline::Fitted& fit) {
  const pipeline::Model& model = fit.model;
  const pipeline::FitOutcome& outcome = fit.outcome;
  folder.add("report.json", fit_json(request, fit));
  const std::string subtitle = std::filesystem::path(request.data).filename().string() + ", " +
                               std::to_string(model.num_rows) + " rows, " +
                               std::to_string(num_features(model.spec())) + " features";
  if (outcome.study.path) {
    folder.add("path.csv", csv(path_table(*outcome.study.path)));
    folder.add("path.svg", path_svg(*outcome.study.path, model.ridge(), subtitle));
  }
  if (outcome.search.ridge) {
    folder.add("path.csv", csv(path_table(*outcome.search.ridge)));
    folder.add("path.svg", path_svg(*outcome.search.ridge, subtitle));
  }
  if (!outcome.study.left_out.empty()) {
    std::vector<Point> points;
    for (const pipeline::PredictedRow& row : outcome.study.left_out) {
      points.push_back({row.truth, row.prediction});
    }
    folder.add("predicted.svg",
               predicted_svg(model.targets.front(),
                             subtitle + "; each row predicted without itself", points));
  }
}

}  // namespace bochner::report
