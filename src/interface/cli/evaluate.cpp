// SPDX-License-Identifier: Apache-2.0
#include "pipeline/evaluate.hpp"

#include "interface/cli/command.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/distinct_files.hpp"
#include "interface/cli/model_options.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/report_folder.hpp"
#include "interface/cli/usage_error.hpp"
#include "report/evaluation_report.hpp"

#include <memory>
#include <optional>
#include <string>

namespace bochner::cli {
namespace {

struct EvaluateArguments {
  ModelOptions model;
  std::string weights;
  std::string train;
  std::string report;
};

/// Throws UsageError where the model, or the data, leave nothing for --train to say.
void check_training(const EvaluateArguments& arguments, const pipeline::Model& model) {
  if (arguments.train.empty()) return;
  if (!model.classes.empty()) {
    throw UsageError("--train: is for a regression, not for classes");
  }
  if (arguments.train == "-" && arguments.model.data == "-") {
    throw UsageError("--train: the standard input holds --data already, expected a file");
  }
}

void run_evaluate(const EvaluateArguments& arguments) {
  require_distinct_files(
      {{"--data", arguments.model.data},
       {"--model", arguments.model.model},
       {"--train", arguments.train}},
      report_files(arguments.report, {"report.json", "predicted.svg", "confusion.csv"}));
  const ModelAtWork work =
      open_model(arguments.model, pipeline::evaluated_columns(arguments.weights));
  check_training(arguments, work.model);
  std::optional<io::OutputFolder> report = open_report(arguments.report);
  const report::EvaluationRecord record{
      .data = arguments.model.data,
      .layout = work.reader->layout(),
      .model = arguments.model.model,
      .weights = arguments.weights,
      .execution = work.execution,
      .result = pipeline::evaluate(work.model, *work.reader,
                                   {.weights = arguments.weights,
                                    .training = arguments.train,
                                    .reading = reading_of(arguments.model),
                                    .execution = work.execution})};
  const std::string json = report::evaluation_json(work.model, record);
  if (report) {
    report->add("report.json", json);
    if (record.result.classes) {
      report->add("confusion.csv", report::confusion_csv(work.model, *record.result.classes));
    } else {
      report->add("predicted.svg", report::evaluation_svg(work.model, record));
    }
    commit_report(*report);
  }
  print(arguments.model.json ? json : report::evaluation_text(record));
}

}  // namespace

std::function<void()> declare_evaluate(CLI::App& app) {
  const auto arguments = std::make_shared<EvaluateArguments>();
  declare_model_options(app, arguments->model, "Rows with their targets, under the model's names");
  declare_text(app, "--weights", arguments->weights, "COLUMN",
               "A column, by name or number, that says how much each row counts");
  declare_text(
      app, "--train", arguments->train, "FILE",
      "Beside the model, linear ridge and exact kernel ridge fitted to these rows (at most "
      "10,000) with its standardisation, kernel and ridge");
  declare_report(app, arguments->report,
                 "Also write report.json, and predicted.svg or for classes confusion.csv, into "
                 "this directory");
  declare_json(app, arguments->model.json, "Print JSON instead of a table");
  return [arguments] { run_evaluate(*arguments); };
}

}  // namespace bochner::cli
