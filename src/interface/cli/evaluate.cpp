// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/distinct_files.hpp"
#include "interface/cli/model_options.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/signals.hpp"
#include "interface/cli/usage_error.hpp"
#include "io/npz.hpp"
#include "io/output_folder.hpp"
#include "pipeline/baselines.hpp"
#include "pipeline/held_rows.hpp"
#include "pipeline/metrics.hpp"
#include "pipeline/uniform_sample.hpp"
#include "pipeline/weights.hpp"
#include "report/evaluation_report.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bochner::cli {
namespace {

constexpr Index kMostPoints = 4000;
constexpr const char* kOurs = "random features";

struct Options {
  ModelOptions model;
  std::string weights;
  std::string train;
  std::string report;
};

/// What is reported, and the rows as they were read, where they are wanted again.
struct Evaluation : report::Evaluation {
  Matrix<double> held;
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
  out.data = options.model.data;
  out.layout = work.reader->layout();
  out.digest = work.reader->digest();
  out.model = options.model.model;
  out.weights = options.weights;
  out.execution = work.execution;
  return out;
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
  const std::string report_json = report::evaluation_json(work.model, evaluation);
  if (report) {
    report->add("report.json", report_json);
    if (evaluation.classes) {
      report->add("confusion.csv", report::confusion_csv(work.model, *evaluation.classes));
    } else {
      report->add("predicted.svg", report::evaluation_svg(work.model, evaluation));
    }
    const DeferredSignals deferred;
    report->commit();
  }
  print(options.model.json ? report_json : report::evaluation_text(evaluation));
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
