// SPDX-License-Identifier: Apache-2.0
#include "report/evaluation_report.hpp"

#include "core/numbers.hpp"
#include "io/matrix_writer.hpp"
#include "io/message.hpp"
#include "report/identity.hpp"
#include "report/predicted_chart.hpp"
#include "report/record.hpp"

#include <vector>

namespace bochner::report {
namespace {

constexpr int kDigits = 4;

Table metric_table(const EvaluationRecord& record) {
  const auto bound = [](double pipeline::Metric::*number) {
    return [number](const pipeline::NamedMetric& row) { return row.metric.*number; };
  };
  const Columns<pipeline::NamedMetric> columns = {
      {both("model"), &pipeline::NamedMetric::model},
      {both("target"), &pipeline::NamedMetric::target},
      {both("metric"), &pipeline::NamedMetric::name},
      {both("value", kDigits), bound(&pipeline::Metric::value)},
      {both("low", kDigits), bound(&pipeline::Metric::low)},
      {both("high", kDigits), bound(&pipeline::Metric::high)}};
  return tabulate(columns, record.result.metrics);
}

}  // namespace

std::string evaluation_text(const EvaluationRecord& record) {
  std::string unknown;
  if (record.result.classes && record.result.classes->unknown() > 0) {
    unknown = "# " + std::to_string(record.result.classes->unknown()) +
              " rows are of classes that the model does not know: errors, all of them\n";
  }
  return "# bochner evaluate: " + io::printable(record.data) + ", " +
         std::to_string(record.result.rows) + " rows" +
         (record.weights.empty() ? "" : " weighted by " + io::quoted(record.weights)) +
         "; low and high bound a 95 % confidence interval (independent rows)\n# " +
         io::printable(record.layout) + "\n" + unknown + text_table(metric_table(record));
}

std::string evaluation_json(const pipeline::Model& model, const EvaluationRecord& record) {
  nlohmann::ordered_json out = identity("evaluate", record.execution);
  out["model"] = record.model;
  out["map"] = to_text(model.spec());
  out["ridge"] = model.ridge();
  out["training_sha256"] = model.data_digest;
  out["input"] = {{"path", record.data},
                  {"layout", record.layout},
                  {"sha256", record.result.digest},
                  {"rows", record.result.rows}};
  if (!record.weights.empty()) out["weights"] = record.weights;
  if (record.result.classes) out["rows_of_unknown_classes"] = record.result.classes->unknown();
  out["metrics"] = json_rows(metric_table(record));
  return json_text(out);
}

std::string evaluation_svg(const pipeline::Model& model, const EvaluationRecord& record) {
  const pipeline::Metric& rmse = record.result.metrics.front().metric;
  std::vector<Point> points;
  for (const pipeline::PredictedRow& row : record.result.shown) {
    points.push_back({row.truth, row.prediction});
  }
  const bool part = record.result.counted > static_cast<Index>(record.result.shown.size());
  return predicted_svg(
      model.targets.front(),
      "RMSE " + significant(rmse.value, kDigits) + " [" + significant(rmse.low, kDigits) + ", " +
          significant(rmse.high, kDigits) + "] on " + std::to_string(record.result.counted) +
          " rows" +
          (part ? ", " + std::to_string(record.result.shown.size()) + " drawn at random shown"
                : ""),
      points);
}

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

}  // namespace bochner::report
