// SPDX-License-Identifier: Apache-2.0
#include "report/gram_report.hpp"

#include "bochner/version.hpp"
#include "core/numbers.hpp"
#include "io/message.hpp"
#include "report/chart.hpp"
#include "report/identity.hpp"
#include "report/record.hpp"
#include "report/spec_values.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <variant>

namespace bochner::report {
namespace {

constexpr int kErrorDigits = 4;

template <class Variant>
std::string name_of(const Variant& value) {
  return std::visit([](const auto& v) { return std::string(v.name); }, value);
}

/// The projection's name, with its options when another curve has the same name.
std::string label(const study::GramStudy& study, const Projection& projection) {
  const std::string name = name_of(projection);
  const auto same = std::count_if(
      study.curves.begin(), study.curves.end(),
      [&](const study::GramStudyCurve& curve) { return name_of(curve.projection) == name; });
  return same > 1 ? to_text(projection) : name;
}

std::string extent(const study::GramStudyPlan& plan, const io::Table& input) {
  return std::to_string(input.rows.rows()) + " x " + std::to_string(input.rows.cols()) +
         (plan.sampled_from > 0 ? ", drawn from " + std::to_string(plan.sampled_from) + " rows"
                                : "");
}

std::string draws(const study::GramStudyPlan& plan) {
  return plan.draws == 1 ? "one draw" : std::to_string(plan.draws) + " draws";
}

std::string_view precision(const study::GramStudyPlan& plan) {
  return plan.arithmetic == Arithmetic::double_precision ? "double" : "single";
}

Columns<study::GramStudyRow> row_columns() {
  using Row = study::GramStudyRow;
  return {
      {{.key = "projection"}, projection_text},
      {both("frequencies"), frequencies_of},
      {both("features"), columns_of},
      {both("predicted", kErrorDigits), &Row::predicted},
      {both("measured", kErrorDigits), &Row::measured},
      {{.key = "standard_error", .heading = "+-", .digits = 2}, &Row::standard_error},
      {json_only("errors"), &Row::errors},
      {{.key = "feature_seconds", .heading = "time", .unit = Unit::seconds}, &Row::feature_seconds},
      {{.key = "spec"}, spec_text}};
}

/// The rows of all curves, one after the other.
Table all_rows(const study::GramStudy& study) {
  std::vector<study::GramStudyRow> rows;
  for (const study::GramStudyCurve& curve : study.curves) {
    rows.insert(rows.end(), curve.rows.begin(), curve.rows.end());
  }
  return tabulate(row_columns(), rows);
}

/// The curves side by side.
Table beside(const study::GramStudyPlan& plan, const study::GramStudy& study) {
  Table out;
  for (const study::GramStudyCurve& curve : study.curves) {
    const bool first = out.empty();
    for (FilledColumn& column : tabulate(row_columns(), curve.rows)) {
      const bool size = column.head.key == "frequencies" || column.head.key == "features";
      if ((size && !first) || (plan.draws == 1 && column.head.key == "standard_error")) continue;
      if (!size) column.head.group = label(study, curve.projection);
      out.push_back(std::move(column));
    }
  }
  return out;
}

}  // namespace

std::string gram_heading(const study::GramStudyPlan& plan, const io::Table& input) {
  return "# bochner " + std::string(version_string()) + " gram, instruction set " +
         instruction_set() + ", threads " + std::to_string(thread_count(plan.execution)) + ", " +
         std::string(precision(plan)) + " precision\n# input " + io::printable(input.path) + ", " +
         extent(plan, input) + ", sha256 " + input.digest + "\n# " + io::printable(input.path) +
         ": " + io::printable(input.layout) + "\n";
}

nlohmann::ordered_json gram_identity(const study::GramStudyPlan& plan, const io::Table& input) {
  nlohmann::ordered_json document = identity("gram", plan.execution);
  document["precision"] = precision(plan);
  document["input"] = describe(input);
  if (plan.sampled_from > 0) document["input"]["rows_of_file"] = plan.sampled_from;
  document["kernel"] = to_text(plan.kernel);
  document["features"] = to_text(plan.features);
  document["seed"] = plan.seed.value;
  return document;
}

std::string gram_text(const study::GramStudyPlan& plan, const io::Table& input,
                      const study::GramStudy& study) {
  std::string out = gram_heading(plan, input);
  for (const study::GramStudyCurve& curve : study.curves) {
    out += "# spec " + to_text(curve.rows.back().spec) + "\n";
  }
  out +=
      "# relative Frobenius error of the approximate Gram matrix, predicted in closed form and "
      "measured in " +
      draws(plan) + (plan.draws > 1 ? " (root mean square)" : "") + "\n";
  for (const study::GramStudyCurve& curve : study.curves) {
    if (!curve.gap.empty()) {
      out += "# " + label(study, curve.projection) + ": not predicted: " + curve.gap + "\n";
    }
  }
  out += "# time: all features; the exact matrix took " + duration(study.exact_seconds) + "\n\n";
  return out + text_table(beside(plan, study));
}

std::string gram_json(const study::GramStudyPlan& plan, const io::Table& input,
                      const study::GramStudy& study) {
  nlohmann::ordered_json document = gram_identity(plan, input);
  document["draws"] = plan.draws;
  document["exact_seconds"] = study.exact_seconds;
  document["table"] = json_rows(all_rows(study));
  return json_text(document);
}

std::string gram_csv(const study::GramStudy& study) { return csv(all_rows(study)); }

std::string gram_svg(const study::GramStudyPlan& plan, const io::Table& input,
                     const study::GramStudy& study) {
  constexpr std::array kMarkers = {Marker::circle, Marker::square, Marker::triangle,
                                   Marker::diamond};
  Chart chart;
  chart.title = "Error of the approximate Gram matrix";
  chart.subtitle = std::filesystem::path(input.path).filename().string() + ", " +
                   std::to_string(input.rows.rows()) + " × " + std::to_string(input.rows.cols()) +
                   ", " + name_of(plan.kernel) + " kernel, " + name_of(plan.features) +
                   " features, " + draws(plan);
  chart.x_label = "frequencies";
  chart.y_label = "relative Frobenius error";
  chart.x_scale = Scale::log2;
  chart.y_scale = Scale::log10;
  for (std::size_t c = 0; c < study.curves.size(); ++c) {
    const study::GramStudyCurve& curve = study.curves[c];
    const std::string name = label(study, curve.projection);
    Series predicted{name + ", predicted", static_cast<int>(c), Line::solid, Marker::none, {}};
    Series measured{
        name + ", measured", static_cast<int>(c), Line::none, kMarkers[c % kMarkers.size()], {}};
    for (const study::GramStudyRow& row : curve.rows) {
      const auto m = static_cast<double>(row.spec.num_frequencies);
      if (row.predicted) predicted.points.push_back({m, *row.predicted});
      measured.points.push_back({m, row.measured, row.standard_error});
    }
    if (!predicted.points.empty()) chart.series.push_back(std::move(predicted));
    chart.series.push_back(std::move(measured));
  }
  return to_svg(chart);
}

}  // namespace bochner::report
