// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "core/numbers.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/distinct_files.hpp"
#include "interface/cli/model_options.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/signals.hpp"
#include "interface/cli/usage_error.hpp"
#include "io/matrix_writer.hpp"
#include "io/message.hpp"
#include "io/npz.hpp"
#include "io/output_folder.hpp"
#include "pipeline/baselines.hpp"
#include "pipeline/held_rows.hpp"
#include "pipeline/metrics.hpp"
#include "pipeline/uniform_sample.hpp"
#include "pipeline/weights.hpp"
#include "report/identity.hpp"
#include "report/predicted_chart.hpp"
#include "report/text_table.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bochner::cli {
namespace {

constexpr Index kMostPoints = 4000;
constexpr int kDigits = 4;
constexpr const char* kOurs = "random features";

struct Options {
  ModelOptions model;
  std::string weights;
  std::string train;
  std::string report;
};

struct NamedMetric {
  std::string model;
  std::string target;
  std::string name;
  pipeline::Metric metric;
};

struct Evaluation {
  Index rows = 0;
  Index counted = 0;  ///< those of positive weight
  std::string digest;
  std::vector<NamedMetric> metrics;
  std::vector<report::Point> points;  ///< true and predicted, of the first target, drawn at random
  Matrix<double> held;                ///< rows as they were read, where they are wanted again
  std::optional<pipeline::ClassificationErrors> classes;
};

void add_classes(const pipeline::Model& model, MatrixView<const double> outputs,
                 MatrixView<const double> truth, const std::vector<double>& weights,
                 pipeline::ClassificationErrors& errors) {
  for (Index i = 0; i < outputs.rows; ++i) {
    const auto code = static_cast<Index>(truth(i, 0));
    const double weight = weights[static_cast<std::size_t>(i)];
    errors.add(code, pipeline::largest(outputs, i), weight);
    if (!model.probabilistic()) continue;
    errors.add_probability(code < outputs.cols ? outputs(i, code) : 0.0, weight);
  }
}

void add_metrics(const std::string& name, const pipeline::Model& model,
                 const std::vector<pipeline::RegressionErrors>& errors, Evaluation& out) {
  for (std::size_t c = 0; c < errors.size(); ++c) {
    out.metrics.push_back({name, model.targets[c], "RMSE", errors[c].root_mean_square()});
    out.metrics.push_back({name, model.targets[c], "MAE", errors[c].mean_absolute()});
    out.metrics.push_back({name, model.targets[c], "R2", errors[c].r_squared()});
  }
}

pipeline::UsedColumns used_columns(const Options& options) {
  return {.targets = pipeline::UsedColumns::Targets::all, .weights = options.weights};
}

/// Where weights stand in a row, if it has any.
Index weight_column(const pipeline::Model& model) {
  return static_cast<Index>(model.inputs.size() + model.targets.size());
}

/// Linear ridge and exact kernel ridge, fitted to the rows of --train, on the rows evaluated.
void add_baselines(const Options& options, const ModelAtWork& work, Evaluation& out) {
  const pipeline::Model& model = work.model;
  const auto inputs = static_cast<Index>(model.inputs.size());
  const auto reader = pipeline::open_for(model, io::open_source(options.train),
                                         reading_of(options.model), used_columns(options));
  pipeline::HeldRows held(reader->file(), reader->cols());
  std::vector<double> weights;
  Matrix<double> block(io::rows_at_a_time(reader->cols()), reader->cols());
  for (Index got = block.rows(); got == block.rows();) {
    got = reader->read(block.view());
    const MatrixView<const double> rows = std::as_const(block).view().middle_rows(0, got);
    held.add(rows);
    const std::vector<double> of_block = pipeline::weights_of(*reader, weight_column(model), rows);
    weights.insert(weights.end(), of_block.begin(), of_block.end());
  }
  if (weights.empty()) throw FileError(reader->file() + ": has no rows");
  if (std::all_of(weights.begin(), weights.end(), [](double w) { return w == 0.0; })) {
    throw FileError(reader->file() + ": every weight is 0");
  }
  const Matrix<double> training = held.rows();
  const MatrixView<const double> rows = std::as_const(out.held).view();
  const std::vector<double> row_weights =
      pipeline::weights_of(*work.reader, weight_column(model), rows);
  for (const pipeline::Baseline& baseline : pipeline::baselines(
           model, training.view(), weights, rows.middle_cols(0, inputs), work.execution)) {
    std::vector<pipeline::RegressionErrors> errors(model.targets.size());
    for (Index c = 0; c < baseline.predictions.cols(); ++c) {
      for (Index i = 0; i < rows.rows; ++i) {
        errors[static_cast<std::size_t>(c)].add(rows(i, inputs + c), baseline.predictions(i, c),
                                                row_weights[static_cast<std::size_t>(i)]);
      }
    }
    add_metrics(baseline.name, model, errors, out);
  }
}

Evaluation evaluate(const Options& options, const ModelAtWork& work) {
  const pipeline::Model& model = work.model;
  const auto inputs = static_cast<Index>(model.inputs.size());
  const auto targets = static_cast<Index>(model.targets.size());
  const Index cols = work.reader->cols();
  Evaluation out;
  std::vector<pipeline::RegressionErrors> errors(model.classes.empty() ? model.targets.size() : 0);
  if (!model.classes.empty()) out.classes.emplace(model.num_outputs());
  pipeline::UniformSample points(2, kMostPoints, Seed{});
  pipeline::HeldRows held(work.reader->file(), cols);
  Matrix<double> block(io::rows_at_a_time(cols), cols);
  for (Index got = block.rows(); got == block.rows();) {
    got = work.reader->read(block.view());
    const MatrixView<const double> rows = std::as_const(block).view().middle_rows(0, got);
    const std::vector<double> weights =
        pipeline::weights_of(*work.reader, weight_column(model), rows);
    pipeline::blank_weightless(block.view().middle_rows(0, got), weights,
                               model.standardisation.centre);
    const MatrixView<const double> x = rows.middle_cols(0, inputs);
    const Matrix<double> f = pipeline::naming_rows(
        work.model, *work.reader, x, [&] { return model.outputs(x, work.execution); });
    const MatrixView<const double> y = rows.middle_cols(inputs, targets);
    if (!options.train.empty()) held.add(rows);
    out.rows += got;
    out.counted += std::count_if(weights.begin(), weights.end(), [](double w) { return w > 0.0; });
    if (out.classes) {
      add_classes(model, f.view(), y, weights, *out.classes);
      continue;
    }
    for (Index i = 0; i < got; ++i) {
      const double weight = weights[static_cast<std::size_t>(i)];
      if (weight == 0.0) continue;
      for (Index c = 0; c < targets; ++c) {
        errors[static_cast<std::size_t>(c)].add(y(i, c), f(i, c), weight);
      }
      const double point[] = {y(i, 0), f(i, 0)};
      points.offer(point);
    }
  }
  if (out.rows == 0) throw FileError(work.reader->file() + ": has no rows");
  if (out.counted == 0) throw FileError(work.reader->file() + ": every weight is 0");
  if (out.classes) {
    out.metrics.push_back({kOurs, model.targets.front(), "error rate", out.classes->error_rate()});
    out.metrics.push_back({kOurs, model.targets.front(), "accuracy", out.classes->accuracy()});
  }
  if (model.probabilistic()) {
    out.metrics.push_back({kOurs, model.targets.front(), "log loss", out.classes->log_loss()});
  }
  add_metrics(kOurs, model, errors, out);
  const Matrix<double> drawn = points.rows();
  for (Index i = 0; i < drawn.rows(); ++i) out.points.push_back({drawn(i, 0), drawn(i, 1)});
  if (!options.train.empty()) out.held = held.rows();
  out.digest = work.reader->digest();
  return out;
}

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

std::string text(const Options& options, const std::string& layout, const Evaluation& evaluation) {
  report::TextTable table({{"model"}, {"target"}, {"metric"}, {"value"}, {"low"}, {"high"}});
  for (const NamedMetric& row : evaluation.metrics) {
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

std::string json(const Options& options, const ModelAtWork& work, const Evaluation& evaluation) {
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
  for (const NamedMetric& row : evaluation.metrics) {
    out["metrics"].push_back({{"model", row.model},
                              {"target", row.target},
                              {"metric", row.name},
                              {"value", row.metric.value},
                              {"low", row.metric.low},
                              {"high", row.metric.high}});
  }
  return report::json_text(out);
}

std::string plot(const pipeline::Model& model, const Evaluation& evaluation) {
  const pipeline::Metric& rmse = evaluation.metrics.front().metric;
  const bool part = evaluation.counted > static_cast<Index>(evaluation.points.size());
  return report::predicted_svg(
      model.targets.front(),
      "RMSE " + significant(rmse.value, kDigits) + " [" + significant(rmse.low, kDigits) + ", " +
          significant(rmse.high, kDigits) + "] on " + std::to_string(evaluation.counted) + " rows" +
          (part ? ", " + std::to_string(evaluation.points.size()) + " drawn at random shown" : ""),
      evaluation.points);
}

void run_evaluate(const Options& options) {
  require_distinct_files(
      {{"--data", options.model.data},
       {"--model", options.model.model},
       {"--train", options.train}},
      report_files(options.report, {"report.json", "predicted.svg", "confusion.csv"}));
  const ModelAtWork work = open_model(options.model, used_columns(options));
  if (!options.train.empty() && !work.model.classes.empty()) {
    throw UsageError("--train: is for a regression, not for classes");
  }
  if (options.train == "-" && options.model.data == "-") {
    throw UsageError("--train: the standard input holds --data already, expected a file");
  }
  std::optional<io::OutputFolder> report;
  if (!options.report.empty()) report.emplace(options.report);
  Evaluation evaluation = evaluate(options, work);
  if (!options.train.empty()) add_baselines(options, work, evaluation);
  const std::string report_json = json(options, work, evaluation);
  if (report) {
    report->add("report.json", report_json);
    if (evaluation.classes) {
      report->add("confusion.csv", confusion_csv(work.model, *evaluation.classes));
    } else {
      report->add("predicted.svg", plot(work.model, evaluation));
    }
    const DeferredSignals deferred;
    report->commit();
  }
  print(options.model.json ? report_json : text(options, work.reader->layout(), evaluation));
}

}  // namespace

std::function<void()> declare_evaluate(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  declare_model_options(app, options->model, "Rows with their targets, under the model's names");
  app.add_option("--weights", options->weights,
                 "A column, by name or number, that says how much each row counts")
      ->type_name("COLUMN");
  app.add_option("--train", options->train,
                 "Beside the model, linear ridge and exact kernel ridge fitted to these rows (at "
                 "most 10,000) with its standardisation, kernel and ridge")
      ->type_name("FILE");
  app.add_option(
         "--report", options->report,
         "Also write report.json, and predicted.svg or for classes confusion.csv, into this "
         "directory")
      ->type_name("DIR");
  app.add_flag("--json", options->model.json, "Print JSON instead of a table");
  return [options] { run_evaluate(*options); };
}

}  // namespace bochner::cli
