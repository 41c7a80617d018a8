// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/fit_report.hpp"

#include "interface/cli/identity.hpp"
#include "interface/cli/numbers.hpp"
#include "interface/cli/predicted_chart.hpp"
#include "interface/io/message.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>

namespace bochner::cli {
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
std::vector<std::string> found_groups(const Model& model, const SearchResult& search) {
  std::vector<std::string> out;
  for (const Index column : search.group_columns) {
    out.push_back(model.inputs[static_cast<std::size_t>(column)]);
  }
  return out;
}

}  // namespace

std::string fit_text(const FitArguments& options, const Model& model, const FitOutcome& outcome,
                     const FitSearch& search, const Execution& execution) {
  std::string out = "# bochner fit, instruction set " + instruction_set() + ", threads " +
                    std::to_string(thread_count(execution)) + "\n";
  out += "data      " + io::printable(options.input.path) + ", " + std::to_string(model.num_rows) +
         " rows, " + std::to_string(model.inputs.size()) + " inputs\n";
  out += "layout    " + io::printable(outcome.layout) + "\n";
  if (!options.weights.empty()) out += "weights   " + io::quoted(options.weights) + "\n";
  if (!outcome.constant.empty()) out += "constant  " + quoted_list(outcome.constant) + "\n";
  if (!model.classes.empty()) {
    out += "classes   " + std::to_string(model.classes.size()) + "\n";
  }
  out += "map       " + to_text(model.spec()) + "\n";
  out += "ridge     " + shortest(model.ridge()) + "\n";
  if (search.kernel) {
    out += "search    " + std::to_string(search.kernel->candidates.size()) + " candidates, " +
           options.validate + " score " + significant(search.kernel->score, 4) + " +- " +
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
    out += "ridges    " + std::to_string(search.ridge->ridge.size()) + ", " + options.validate +
           " log loss " + significant(search.ridge->log_loss[best], 4) + " +- " +
           significant(search.ridge->standard_error[best], 2) + "\n";
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
  const auto fresh = static_cast<double>(model.num_rows - outcome.resumed_rows);
  out += "time      " + duration(outcome.seconds) + ", " + significant(fresh / outcome.seconds, 3) +
         " rows/s";
  if (outcome.resumed_rows > 0) {
    out += ", after " + std::to_string(outcome.resumed_rows) + " rows of a checkpoint";
  }
  return out + "\nmodel     " + io::printable(options.output) + "\n";
}

std::string fit_json(const FitArguments& options, const Model& model, const FitOutcome& outcome,
                     const FitSearch& search, const Execution& execution) {
  nlohmann::ordered_json out = identity("fit", execution);
  out["input"] = {{"path", options.input.path}, {"sha256", model.data_digest},
                  {"layout", outcome.layout},   {"rows", model.num_rows},
                  {"columns", model.inputs},    {"constant_columns", outcome.constant}};
  if (!options.weights.empty()) out["weights"] = options.weights;
  out["targets"] = model.targets;
  out["classes"] = model.classes;
  out["map"] = to_text(model.spec());
  out["ridge"] = model.ridge();
  if (search.kernel) {
    out["search"] = {{"validate", options.validate},
                     {"candidates", search.kernel->candidates.size()},
                     {"score", search.kernel->score},
                     {"standard_error", search.kernel->standard_error},
                     {"groups", search.kernel->num_groups},
                     {"group_columns", found_groups(model, *search.kernel)}};
  }
  if (search.ridge) {
    out["log_loss_path"] = {{"ridge", search.ridge->ridge},
                            {"log_loss", search.ridge->log_loss},
                            {"standard_error", search.ridge->standard_error},
                            {"error_rate", search.ridge->error_rate}};
  }
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
  out["seconds"] = outcome.seconds;
  out["resumed_rows"] = outcome.resumed_rows;
  out["model"] = options.output;
  return to_text(out);
}

void add_fit_report(ReportDirectory& directory, const FitArguments& options, const Model& model,
                    const FitOutcome& outcome, const FitSearch& search,
                    const Execution& execution) {
  directory.add("report.json", fit_json(options, model, outcome, search, execution));
  const std::string subtitle = std::filesystem::path(options.input.path).filename().string() +
                               ", " + std::to_string(model.num_rows) + " rows, " +
                               std::to_string(num_features(model.spec())) + " features";
  if (outcome.study.path) {
    directory.add("path.csv", path_csv(*outcome.study.path));
    directory.add("path.svg", path_svg(*outcome.study.path, model.ridge(), subtitle));
  }
  if (search.ridge) {
    directory.add("path.csv", path_csv(*search.ridge));
    directory.add("path.svg", path_svg(*search.ridge, subtitle));
  }
  if (!outcome.study.left_out.empty()) {
    directory.add("predicted.svg", predicted_svg(model.targets.front(),
                                                 subtitle + "; each row predicted without itself",
                                                 outcome.study.left_out));
  }
}

}  // namespace bochner::cli
