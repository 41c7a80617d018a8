// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "interface/cli/chart.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/identity.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/metrics.hpp"
#include "interface/cli/model.hpp"
#include "interface/cli/numbers.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/report_directory.hpp"
#include "interface/cli/text_table.hpp"
#include "interface/io/output_file.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bochner::cli {
namespace {

constexpr Index kRowsAtATime = 4096;
constexpr std::size_t kMostPoints = 4000;
constexpr int kDigits = 4;

struct Options {
  std::string data;
  std::string model;
  std::string header = "auto";
  std::string report;
  std::string threads = "0";
  bool json = false;
};

struct NamedMetric {
  std::string target;
  std::string name;
  Metric metric;
};

struct Evaluation {
  Index rows = 0;
  std::string digest;
  std::vector<NamedMetric> metrics;
  std::vector<Point> points;  ///< true and predicted, of the first target
};

Evaluation evaluate(const Model& model, io::RowReader& reader, const Execution& execution) {
  const auto inputs = static_cast<Index>(model.inputs.size());
  const auto targets = static_cast<Index>(model.targets.size());
  Evaluation out;
  std::vector<RegressionErrors> errors;
  Index wrong = 0;
  Matrix<double> block(kRowsAtATime, reader.cols());
  for (Index got = kRowsAtATime; got == kRowsAtATime;) {
    got = reader.read(block.view());
    const MatrixView<const double> rows = std::as_const(block).view().middle_rows(0, got);
    const Matrix<double> f = model.outputs(rows.middle_cols(0, inputs), execution);
    const MatrixView<const double> y = rows.middle_cols(inputs, targets);
    for (Index c = 0; c < targets && out.rows == 0 && got > 0; ++c) errors.emplace_back(y(0, c));
    for (Index i = 0; i < got; ++i) {
      if (!model.classes.empty()) {
        const auto best = static_cast<std::size_t>(largest(f.view(), i));
        if (model.classes[best] != y(i, 0)) ++wrong;
        continue;
      }
      for (Index c = 0; c < targets; ++c) {
        errors[static_cast<std::size_t>(c)].add(y(i, c), f(i, c));
      }
      if (out.points.size() < kMostPoints) out.points.push_back({y(i, 0), f(i, 0)});
    }
    out.rows += got;
  }
  if (out.rows == 0) return out;
  if (!model.classes.empty()) {
    out.metrics.push_back({model.targets.front(), "error rate", error_rate(wrong, out.rows)});
  }
  for (std::size_t c = 0; c < errors.size() && model.classes.empty(); ++c) {
    out.metrics.push_back({model.targets[c], "RMSE", errors[c].root_mean_square()});
    out.metrics.push_back({model.targets[c], "MAE", errors[c].mean_absolute()});
    out.metrics.push_back({model.targets[c], "R2", errors[c].r_squared()});
  }
  out.digest = reader.digest();
  return out;
}

std::string text(const Options& options, const Evaluation& evaluation) {
  TextTable table({{"target"}, {"metric"}, {"value"}, {"low"}, {"high"}});
  for (const NamedMetric& row : evaluation.metrics) {
    table.add_row({row.target, row.name, significant(row.metric.value, kDigits),
                   significant(row.metric.low, kDigits), significant(row.metric.high, kDigits)});
  }
  return "# bochner evaluate: " + options.data + ", " + std::to_string(evaluation.rows) +
         " rows; low and high bound a 95 % confidence interval (independent rows)\n" + table.text();
}

std::string json(const Options& options, const Model& model, const Evaluation& evaluation,
                 const Execution& execution) {
  nlohmann::ordered_json out = identity("evaluate", execution);
  out["model"] = options.model;
  out["map"] = to_text(model.spec());
  out["ridge"] = model.ridge();
  out["training_sha256"] = model.data_digest;
  out["input"] = {{"path", options.data}, {"sha256", evaluation.digest}, {"rows", evaluation.rows}};
  out["metrics"] = nlohmann::ordered_json::array();
  for (const NamedMetric& row : evaluation.metrics) {
    out["metrics"].push_back({{"target", row.target},
                              {"metric", row.name},
                              {"value", row.metric.value},
                              {"low", row.metric.low},
                              {"high", row.metric.high}});
  }
  return to_text(out);
}

std::string plot(const Model& model, const Evaluation& evaluation) {
  double low = evaluation.points.front().x;
  double high = low;
  for (const Point& point : evaluation.points) {
    low = std::min({low, point.x, point.y});
    high = std::max({high, point.x, point.y});
  }
  const Metric& rmse = evaluation.metrics.front().metric;
  Chart chart;
  chart.title = "Predicted against true " + model.targets.front();
  chart.subtitle = "RMSE " + significant(rmse.value, kDigits) + " [" +
                   significant(rmse.low, kDigits) + ", " + significant(rmse.high, kDigits) +
                   "] on " + std::to_string(evaluation.rows) + " rows" +
                   (evaluation.rows > static_cast<Index>(evaluation.points.size())
                        ? ", the first " + std::to_string(evaluation.points.size()) + " shown"
                        : "");
  chart.x_label = "true";
  chart.y_label = "predicted";
  chart.series.push_back({"a row", 0, Line::none, Marker::circle, evaluation.points});
  chart.series.push_back(
      {"predicted = true", 1, Line::dashed, Marker::none, {{low, low}, {high, high}}});
  return to_svg(chart);
}

void run_evaluate(const Options& options) {
  const Execution execution{static_cast<int>(parse_whole("--threads", options.threads, 0, 4096))};
  InputOptions input;
  input.header = options.header;
  const io::ReadOptions reading = read_options(input);
  const Model model = load_model(options.model);
  const auto reader = open_for(model, options.data, reading, ModelColumns::inputs_and_targets);
  const Evaluation evaluation = evaluate(model, *reader, execution);
  if (evaluation.rows == 0) throw FileError(options.data + ": has no rows");
  if (!options.report.empty()) {
    ReportDirectory report(options.report);
    report.add("report.json", json(options, model, evaluation, execution));
    if (model.classes.empty()) report.add("predicted.svg", plot(model, evaluation));
    report.commit();
  }
  io::OutputFile out("-");
  out.write(options.json ? json(options, model, evaluation, execution) : text(options, evaluation));
  out.commit();
}

}  // namespace

std::function<void()> declare_evaluate(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("-d,--data", options->data, "Rows with their targets, under the model's names")
      ->type_name("FILE")
      ->required();
  app.add_option("-m,--model", options->model, "What bochner fit wrote")
      ->type_name("FILE")
      ->required();
  app.add_option("--header", options->header,
                 "Whether the first line of text holds names: auto, yes or no")
      ->type_name("WHEN")
      ->capture_default_str();
  app.add_option("--report", options->report,
                 "Also write report.json and, for a regression, predicted.svg into this directory")
      ->type_name("DIR");
  app.add_option("--threads", options->threads, "Threads; 0 leaves it to OMP_NUM_THREADS")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_flag("--json", options->json, "Print JSON instead of a table");
  return [options] { run_evaluate(*options); };
}

}  // namespace bochner::cli
