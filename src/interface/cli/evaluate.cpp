// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "interface/cli/baselines.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/identity.hpp"
#include "interface/cli/metrics.hpp"
#include "interface/cli/model_options.hpp"
#include "interface/cli/numbers.hpp"
#include "interface/cli/predicted_chart.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/report_directory.hpp"
#include "interface/cli/text_table.hpp"
#include "interface/cli/usage_error.hpp"
#include "interface/io/matrix_writer.hpp"
#include "interface/io/message.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bochner::cli {
namespace {

constexpr Index kRowsAtATime = 4096;
constexpr std::size_t kMostPoints = 4000;
constexpr int kDigits = 4;

struct Options {
  ModelOptions model;
  std::string train;
  std::string report;
};

constexpr const char* kOurs = "random features";

struct NamedMetric {
  std::string model;
  std::string target;
  std::string name;
  Metric metric;
};

struct Evaluation {
  Index rows = 0;
  std::string digest;
  std::vector<NamedMetric> metrics;
  std::vector<Point> points;  ///< true and predicted, of the first target
  std::optional<ClassificationErrors> classes;
};

void add_classes(const Model& model, MatrixView<const double> outputs,
                 MatrixView<const double> truth, ClassificationErrors& errors) {
  for (Index i = 0; i < outputs.rows; ++i) {
    const auto code = static_cast<Index>(truth(i, 0));
    errors.add(code, largest(outputs, i));
    if (model.probabilistic()) errors.add_probability(code < outputs.cols ? outputs(i, code) : 0.0);
  }
}

void add_metrics(const std::string& name, const Model& model,
                 const std::vector<RegressionErrors>& errors, Evaluation& out) {
  for (std::size_t c = 0; c < errors.size(); ++c) {
    out.metrics.push_back({name, model.targets[c], "RMSE", errors[c].root_mean_square()});
    out.metrics.push_back({name, model.targets[c], "MAE", errors[c].mean_absolute()});
    out.metrics.push_back({name, model.targets[c], "R2", errors[c].r_squared()});
  }
}

Matrix<double> rows_of(const Options& options, const std::string& path, const Model& model) {
  const auto reader =
      open_for(model, path, reading_of(options.model), ModelColumns::inputs_and_targets);
  Matrix<double> rows = io::read_all<double>(*reader);
  if (rows.rows() > kMostBaselineRows) {
    throw FileError(path + ": has " + std::to_string(rows.rows()) +
                    " rows, expected at most 10000 for an exact kernel ridge");
  }
  if (rows.rows() == 0) throw FileError(path + ": has no rows");
  return rows;
}

/// Linear ridge and exact kernel ridge, fitted to the rows of --train, on the same rows.
void add_baselines(const Options& options, const ModelAtWork& work, Evaluation& out) {
  const Model& model = work.model;
  const auto inputs = static_cast<Index>(model.inputs.size());
  if (!model.classes.empty()) throw UsageError("--train: is for a regression, not for classes");
  const Matrix<double> training = rows_of(options, options.train, model);
  const Matrix<double> rows = rows_of(options, options.model.data, model);
  for (const Baseline& baseline :
       baselines(model, training.view(), rows.view().middle_cols(0, inputs), work.execution)) {
    std::vector<RegressionErrors> errors;
    for (Index c = 0; c < baseline.predictions.cols(); ++c) {
      RegressionErrors& of_target = errors.emplace_back(rows(0, inputs + c));
      for (Index i = 0; i < rows.rows(); ++i) {
        of_target.add(rows(i, inputs + c), baseline.predictions(i, c));
      }
    }
    add_metrics(baseline.name, model, errors, out);
  }
}

Evaluation evaluate(const ModelAtWork& work) {
  const Model& model = work.model;
  const auto inputs = static_cast<Index>(model.inputs.size());
  const auto targets = static_cast<Index>(model.targets.size());
  Evaluation out;
  std::vector<RegressionErrors> errors;
  if (!model.classes.empty()) out.classes.emplace(model.num_outputs());
  Matrix<double> block(kRowsAtATime, work.reader->cols());
  for (Index got = kRowsAtATime; got == kRowsAtATime;) {
    got = work.reader->read(block.view());
    const MatrixView<const double> rows = std::as_const(block).view().middle_rows(0, got);
    const Matrix<double> f = model.outputs(rows.middle_cols(0, inputs), work.execution);
    const MatrixView<const double> y = rows.middle_cols(inputs, targets);
    out.rows += got;
    if (out.classes) {
      add_classes(model, f.view(), y, *out.classes);
      continue;
    }
    for (Index c = 0; c < targets && errors.size() < model.targets.size() && got > 0; ++c) {
      errors.emplace_back(y(0, c));
    }
    for (Index i = 0; i < got; ++i) {
      for (Index c = 0; c < targets; ++c) {
        errors[static_cast<std::size_t>(c)].add(y(i, c), f(i, c));
      }
      if (out.points.size() < kMostPoints) out.points.push_back({y(i, 0), f(i, 0)});
    }
  }
  if (out.rows == 0) return out;
  if (out.classes) {
    out.metrics.push_back({kOurs, model.targets.front(), "error rate", out.classes->error_rate()});
    out.metrics.push_back({kOurs, model.targets.front(), "accuracy", out.classes->accuracy()});
  }
  if (model.probabilistic()) {
    out.metrics.push_back({kOurs, model.targets.front(), "log loss", out.classes->log_loss()});
  }
  add_metrics(kOurs, model, errors, out);
  out.digest = work.reader->digest();
  return out;
}

/// Lines: the true class; columns: what the model took it for.
std::string confusion_csv(const Model& model, const ClassificationErrors& errors) {
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

std::string text(const Options& options, const Evaluation& evaluation) {
  TextTable table({{"model"}, {"target"}, {"metric"}, {"value"}, {"low"}, {"high"}});
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
         std::to_string(evaluation.rows) +
         " rows; low and high bound a 95 % confidence interval (independent rows)\n" + unknown +
         table.text();
}

std::string json(const Options& options, const Model& model, const Evaluation& evaluation,
                 const Execution& execution) {
  nlohmann::ordered_json out = identity("evaluate", execution);
  out["model"] = options.model.model;
  out["map"] = to_text(model.spec());
  out["ridge"] = model.ridge();
  out["training_sha256"] = model.data_digest;
  out["input"] = {
      {"path", options.model.data}, {"sha256", evaluation.digest}, {"rows", evaluation.rows}};
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
  return to_text(out);
}

std::string plot(const Model& model, const Evaluation& evaluation) {
  const Metric& rmse = evaluation.metrics.front().metric;
  const bool part = evaluation.rows > static_cast<Index>(evaluation.points.size());
  return predicted_svg(
      model.targets.front(),
      "RMSE " + significant(rmse.value, kDigits) + " [" + significant(rmse.low, kDigits) + ", " +
          significant(rmse.high, kDigits) + "] on " + std::to_string(evaluation.rows) + " rows" +
          (part ? ", the first " + std::to_string(evaluation.points.size()) + " shown" : ""),
      evaluation.points);
}

void run_evaluate(const Options& options) {
  const ModelAtWork work = open_model(options.model, ModelColumns::inputs_and_targets);
  std::optional<ReportDirectory> report;
  if (!options.report.empty()) report.emplace(options.report);
  Evaluation evaluation = evaluate(work);
  if (evaluation.rows == 0) throw FileError(options.model.data + ": has no rows");
  if (!options.train.empty()) add_baselines(options, work, evaluation);
  const std::string report_json = json(options, work.model, evaluation, work.execution);
  if (report) {
    report->add("report.json", report_json);
    if (evaluation.classes) {
      report->add("confusion.csv", confusion_csv(work.model, *evaluation.classes));
    } else {
      report->add("predicted.svg", plot(work.model, evaluation));
    }
    report->commit();
  }
  print(options.model.json ? report_json : text(options, evaluation));
}

}  // namespace

std::function<void()> declare_evaluate(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  declare_model_options(app, options->model, "Rows with their targets, under the model's names");
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
