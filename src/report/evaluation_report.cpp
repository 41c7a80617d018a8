// SPDX-License-Identifier: Apache-2.0
#include "report/evaluation_report.hpp"

#include "core/numbers.hpp"
#include "io/matrix_writer.hpp"
#include "io/message.hpp"
#include "report/identity.hpp"
#include "report/predicted_chart.hpp"
#include "report/record.hpp"

namespace bochner::report {
namespace {

constexpr int kDigits = 4;

Table metric_table(const Evaluation& evaluation) {
  const auto bound = [](double pipeline::Metric::*number) {
    return [number](const NamedMetric& row) { return row.metric.*number; };
  };
  const Columns<NamedMetric> columns = {{both("model"), &NamedMetric::model},
                                        {both("target"), &NamedMetric::target},
                                        {both("metric"), &NamedMetric::name},
                                        {both("value", kDigits), bound(&pipeline::Metric::value)},
                                        {both("low", kDigits), bound(&pipeline::Metric::low)},
                                        {both("high", kDigits), bound(&pipeline::Metric::high)}};
  return tabulate(columns, evaluation.metrics);
}

}  // namespace

std::string evaluation_text(const Evaluation& evaluation) {
  std::string unknown;
  if (evaluation.classes && evaluation.classes->unknown() > 0) {
    unknown = "# " + std::to_string(evaluation.classes->unknown()) +
              " rows are of classes that the model does not know: errors, all of them\n";
  }
  return "# bochner evaluate: " + io::printable(evaluation.data) + ", " +
         std::to_string(evaluation.rows) + " rows" +
         (evaluation.weights.empty() ? "" : " weighted by " + io::quoted(evaluation.weights)) +
         "; low and high bound a 95 % confidence interval (independent rows)\n# " +
         io::printable(evaluation.layout) + "\n" + unknown + text_table(metric_table(evaluation));
}

std::string evaluation_json(const pipeline::Model& model, const Evaluation& evaluation) {
  nlohmann::ordered_json out = identity("evaluate", evaluation.execution);
  out["model"] = evaluation.model;
  out["map"] = to_text(model.spec());
  out["ridge"] = model.ridge();
  out["training_sha256"] = model.data_digest;
  out["input"] = {{"path", evaluation.data},
                  {"layout", evaluation.layout},
                  {"sha256", evaluation.digest},
                  {"rows", evaluation.rows}};
  if (!evaluation.weights.empty()) out["weights"] = evaluation.weights;
  if (evaluation.classes) out["rows_of_unknown_classes"] = evaluation.classes->unknown();
  out["metrics"] = json_rows(metric_table(evaluation));
  return json_text(out);
}

std::string evaluation_svg(const pipeline::Model& model, const Evaluation& evaluation) {
  const pipeline::Metric& rmse = evaluation.metrics.front().metric;
  const bool part = evaluation.counted > static_cast<Index>(evaluation.points.size());
  return predicted_svg(
      model.targets.front(),
      "RMSE " + significant(rmse.value, kDigits) + " [" + significant(rmse.low, kDigits) + ", " +
          significant(rmse.high, kDigits) + "] on " + std::to_string(evaluation.counted) + " rows" +
          (part ? ", " + std::to_string(evaluation.points.size()) + " drawn at random shown" : ""),
      evaluation.points);
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
