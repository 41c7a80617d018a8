// SPDX-License-Identifier: Apache-2.0
#include "pipeline/evaluate.hpp"

#include "core/numbers.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/distinct_files.hpp"
#include "interface/cli/model_options.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/report_folder.hpp"
#include "interface/cli/usage_error.hpp"
#include "io/matrix_writer.hpp"
#include "io/message.hpp"
#include "report/identity.hpp"
#include "report/predicted_chart.hpp"
#include "report/text_table.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bochner::cli {
namespace {

constexpr int kDigits = 4;

struct Arguments {
  ModelOptions model;
  std::string weights;
  std::string train;
  std::string report;
};

/// Lines: the true class; columns: what the model took it for.
std::string confusion_csv(const pipeline::Model& model,
                          const pipeline::ClassificationErrors& errors) {
  std::string out = "true";
  for (const std::string& name : model.classes) out += "," + io::csv_field(name);
  out += "\n";
  const Index classes = model.num_outputs();
  for (Index truth = 0; truth <= classes; ++truth) {
    if (truth == classes && errors.unknown() == 0) break;
    out += truth < classes ? io::csv_field(model.classes[static_cast<std::size_t>(truth)])
                           : std::string("(unknown to the model)");
    for (Index c = 0; c < classes; ++c) out += "," + std::to_string(errors.count(truth, c));
    out += "\n";
  }
  return out;
}

std::string text(const Arguments& options, const std::string& layout,
                 const pipeline::Evaluation& evaluation) {
  report::TextTable table({{"model"}, {"target"}, {"metric"}, {"value"}, {"low"}, {"high"}});
  for (const pipeline::NamedMetric& row : evaluation.metrics) {
    table.add_row({row.model, row.target, row.name, significant(row.metric.value, kDigits),
                   significant(row.metric.low, kDigits), significant(row.metric.high, kDigits)});
  }
  std::string unknown;
  if (evaluation.classes && evaluation.classes->unknown() > 0) {
    unknown = "# " + std::to_string(evaluation.classes->unknown()) +
              " rows are of classes that the model does not know: errors, all of them\n";
  }
  return "# bochner evaluate: " + io::printable(options.model.data) + ", " +
         std::to_string(evaluation.rows) + " rows" +
         (options.weights.empty() ? "" : " weighted by " + io::quoted(options.weights)) +
         "; low and high bound a 95 % confidence interval (independent rows)\n# " +
         io::printable(layout) + "\n" + unknown + table.text();
}

std::string json(const Arguments& options, const ModelAtWork& work,
                 const pipeline::Evaluation& evaluation) {
  const pipeline::Model& model = work.model;
  nlohmann::ordered_json out = report::identity("evaluate", work.execution);
  out["model"] = options.model.model;
  out["map"] = to_text(model.spec());
  out["ridge"] = model.ridge();
  out["training_sha256"] = model.data_digest;
  out["input"] = {{"path", options.model.data},
                  {"layout", work.reader->layout()},
                  {"sha256", evaluation.digest},
                  {"rows", evaluation.rows}};
  if (!options.weights.empty()) out["weights"] = options.weights;
  if (evaluation.classes) out["rows_of_unknown_classes"] = evaluation.classes->unknown();
  out["metrics"] = nlohmann::ordered_json::array();
  for (const pipeline::NamedMetric& row : evaluation.metrics) {
    out["metrics"].push_back({{"model", row.model},
                              {"target", row.target},
                              {"metric", row.name},
                              {"value", row.metric.value},
                              {"low", row.metric.low},
                              {"high", row.metric.high}});
  }
  return report::json_text(out);
}

std::string plot(const pipeline::Model& model, const pipeline::Evaluation& evaluation) {
  const pipeline::Metric& rmse = evaluation.metrics.front().metric;
  std::vector<report::Point> points;
  for (const pipeline::LeftOutRow& row : evaluation.shown) {
    points.push_back({row.truth, row.prediction});
  }
  const bool part = evaluation.counted > static_cast<Index>(evaluation.shown.size());
  return report::predicted_svg(
      model.targets.front(),
      "RMSE " + significant(rmse.value, kDigits) + " [" + significant(rmse.low, kDigits) + ", " +
          significant(rmse.high, kDigits) + "] on " + std::to_string(evaluation.counted) + " rows" +
          (part ? ", " + std::to_string(evaluation.shown.size()) + " drawn at random shown" : ""),
      points);
}

/// Throws UsageError where the model, or the data, leave nothing for --train to say.
void check_training(const Arguments& arguments, const pipeline::Model& model) {
  if (arguments.train.empty()) return;
  if (!model.classes.empty()) {
    throw UsageError("--train: is for a regression, not for classes");
  }
  if (arguments.train == "-" && arguments.model.data == "-") {
    throw UsageError("--train: the standard input holds --data already, expected a file");
  }
}

void run_evaluate(const Arguments& arguments) {
  require_distinct_files(
      {{"--data", arguments.model.data},
       {"--model", arguments.model.model},
       {"--train", arguments.train}},
      report_files(arguments.report, {"report.json", "predicted.svg", "confusion.csv"}));
  const ModelAtWork work =
      open_model(arguments.model, pipeline::evaluated_columns(arguments.weights));
  check_training(arguments, work.model);
  std::optional<io::OutputFolder> report = open_report(arguments.report);
  const pipeline::Evaluation evaluation =
      pipeline::evaluate(work.model, *work.reader,
                         {.weights = arguments.weights,
                          .training = arguments.train,
                          .reading = reading_of(arguments.model),
                          .execution = work.execution});
  const std::string report_json = json(arguments, work, evaluation);
  if (report) {
    report->add("report.json", report_json);
    if (evaluation.classes) {
      report->add("confusion.csv", confusion_csv(work.model, *evaluation.classes));
    } else {
      report->add("predicted.svg", plot(work.model, evaluation));
    }
    commit_report(*report);
  }
  print(arguments.model.json ? report_json : text(arguments, work.reader->layout(), evaluation));
}

}  // namespace

std::function<void()> declare_evaluate(CLI::App& app) {
  const auto arguments = std::make_shared<Arguments>();
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
