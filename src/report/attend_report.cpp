// SPDX-License-Identifier: Apache-2.0
#include "report/attend_report.hpp"

#include "bochner/core/names.hpp"
#include "bochner/version.hpp"
#include "core/numbers.hpp"
#include "io/message.hpp"
#include "report/head_plans.hpp"
#include "report/identity.hpp"
#include "report/record.hpp"
#include "report/spec_values.hpp"

#include <algorithm>

namespace bochner::report {
namespace {

constexpr int kDigits = 3;

std::string extents(const std::vector<Index>& shape) {
  std::string out;
  for (const Index extent : shape) out += (out.empty() ? "" : " x ") + std::to_string(extent);
  return out;
}

std::string counts(const AttentionReport& report) {
  std::string out;
  const auto add = [&](Index count, const char* what) {
    if (count > 0) out += (out.empty() ? "" : ", ") + std::to_string(count) + what;
  };
  add(report.empty_rows, " rows that see no key");
  add(report.underflowed_rows, " rows whose normaliser is zero");
  add(report.negative_rows, " rows whose normaliser is negative");
  add(report.nonfinite_rows, " rows that are not finite");
  return out;
}

/// What there is of a run without exact attention beside it.
Columns<AttendRun> run_columns() {
  return {{{.key = "spec"}, spec_text},
          {both("frequencies"), frequencies_of},
          {both("features"), columns_of},
          {{.key = "seconds"}, &AttendRun::seconds}};
}

std::string table_of(const AttendStudy& study) {
  const Columns<AttendRun> columns = run_columns();
  const Column<AttendRun> time = {{.heading = "time", .unit = Unit::seconds}, &AttendRun::seconds};
  if (!study.compared()) return text_table(tabulate(joined(columns, {time}), study.runs));
  const Columns<AttendRun> predicted = {
      {{.heading = "predicted"}, [](const AttendRun& run) { return run.quality.predicted_error; }}};
  return text_table(tabulate(
      joined(
          joined(joined(columns, {{{.heading = "error"}, &AttendRun::error}}),
                 study.predicted() ? predicted : Columns<AttendRun>{}),
          {time,
           {{.heading = "exact / time"},
            [exact = *study.exact_seconds](const AttendRun& run) { return exact / run.seconds; }}}),
      study.runs));
}

/// What comparing says beyond the table.
std::string verdict_of(const AttendStudy& study) {
  const AttentionComparison& last = study.runs.back().quality;
  const bool upper = last.prediction_is_upper;
  std::string out = "\nmean |q + k|^2 " + significant(last.norms.mean, kDigits) + ", median " +
                    significant(last.norms.median, kDigits) + ", 95 % below " +
                    significant(last.norms.upper, kDigits) + "\nprediction: " +
                    (!last.prediction_holds ? "says little above a mean of 2"
                     : upper ? "as of independent frequencies, an upper estimate for these"
                             : "from the closed form for these frequencies") +
                    "\n";
  // Where the advice changes, what was said last.
  for (std::size_t r = 0; r < study.runs.size(); ++r) {
    const bool goes_on = r + 1 < study.runs.size() &&
                         study.runs[r].quality.advice == study.runs[r + 1].quality.advice;
    if (!goes_on) {
      out += std::to_string(study.runs[r].spec.num_frequencies) +
             " frequencies: " + study.runs[r].quality.sentence + "\n";
    }
  }
  return out;
}

nlohmann::ordered_json json_of(const AttentionReport& report) {
  return {{"arithmetic", report.arithmetic},
          {"empty_rows", report.empty_rows},
          {"underflowed_rows", report.underflowed_rows},
          {"negative_rows", report.negative_rows},
          {"nonfinite_rows", report.nonfinite_rows}};
}

std::string_view name_of(AttentionAdvice advice) {
  constexpr std::array<std::string_view, 5> kNames = {"fine", "keep exact", "more frequencies",
                                                      "change map", "centre"};
  return kNames[static_cast<std::size_t>(advice)];
}

nlohmann::ordered_json json_of(const AttentionComparison& quality) {
  return {{"sampled_rows", quality.rows},
          {"sampled_error", quality.output_error},
          {"predicted_error", quality.predicted_error},
          {"prediction_holds", quality.prediction_holds},
          {"prediction_is_upper", quality.prediction_is_upper},
          {"effective_norms",
           {{"mean", quality.norms.mean},
            {"median", quality.norms.median},
            {"upper", quality.norms.upper},
            {"largest", quality.norms.largest},
            {"centred_mean", quality.centred_mean}}},
          {"advice", name_of(quality.advice)},
          {"frequencies_needed", quality.frequencies_needed},
          {"sentence", quality.sentence}};
}

}  // namespace

std::string attend_text(const AttendStudy& study) {
  std::string out = "# bochner " + std::string(version_string()) + " attend, instruction set " +
                    instruction_set() + ", threads " +
                    std::to_string(thread_count(study.execution)) + ", " + study.precision +
                    " precision, mask " + std::string(bochner::name_of(study.mask)) + "\n";
  for (const AttendInput& input : study.inputs) {
    out += "# " + input.name + " " +
           (input.path.empty() ? "synthetic" : io::printable(input.path)) + ", " +
           extents(input.shape) + (input.path.empty() ? "" : ", sha256 " + input.digest) + "\n";
  }
  if (study.runs.empty()) {
    out += "# kernel " + to_text(study.kernel) + "\n";
  } else {
    FeatureMapSpec spec = study.runs.back().spec;
    const bool centred = spec.transform != PairTransform{};
    spec.transform = {};
    out += "# spec " + to_text(spec) + (centred ? ", centred on the means\n" : "\n");
  }
  const std::string pairs = pairs_text(study.exact, study.rest);
  if (!pairs.empty()) out += "# " + pairs + "\n";
  if (!study.decay.empty()) out += "# decay: ALiBi\n";
  if (study.compared()) {
    out += "# error: root mean square of the output's, relative to exact attention's output\n";
  }
  out += "\n";
  if (!study.runs.empty()) out += table_of(study);
  if (!study.plans.empty()) out += plans_text(study.plans);
  if (study.exact_seconds) {
    out += (study.runs.empty() ? "exact attention: " : "\nexact attention: ") +
           duration(*study.exact_seconds) + "\n";
  }
  for (const AttendRun& run : study.runs) {
    const std::string rows = counts(run.report);
    if (!rows.empty()) {
      out += std::to_string(run.spec.num_frequencies) + " frequencies: " + rows + "\n";
    }
  }
  if (study.exact_report) {
    const std::string rows = counts(*study.exact_report);
    if (!rows.empty()) out += "exact attention: " + rows + "\n";
  }
  if (study.plan_report) {
    const std::string rows = counts(*study.plan_report);
    if (!rows.empty()) out += "as planned: " + rows + "\n";
  }
  if (study.predicted()) out += verdict_of(study);
  return out;
}

std::string attend_complaint(const AttendStudy& study) {
  Index rows = study.exact_report && study.runs.empty() ? study.exact_report->nonfinite_rows : 0;
  if (study.plan_report) rows = study.plan_report->nonfinite_rows;
  for (const AttendRun& run : study.runs) rows = std::max(rows, run.report.nonfinite_rows);
  if (rows == 0) return "";
  return std::to_string(rows) +
         " rows of the output are not finite: they see a NaN or an infinity, or sums left the "
         "range "
         "of this precision (then double precision helps)";
}

std::string attend_json(const AttendStudy& study) {
  nlohmann::ordered_json document = identity("attend", study.execution);
  document["precision"] = study.precision;
  document["mask"] = bochner::name_of(study.mask);
  for (const AttendInput& input : study.inputs) {
    nlohmann::ordered_json& entry = document["inputs"][input.name];
    if (!input.path.empty()) entry = {{"path", input.path}, {"sha256", input.digest}};
    entry["shape"] = input.shape;
  }
  document["kernel"] = to_text(study.kernel);
  if (!pairs_text(study.exact, study.rest).empty()) {
    document["exact_pairs"] = pairs_json(study.exact);
    document["rest"] = bochner::name_of(study.rest);
  }
  if (!study.decay.empty()) document["decay"] = study.decay;
  document["runs"] = nlohmann::ordered_json::array();
  for (const AttendRun& run : study.runs) {
    nlohmann::ordered_json entry = json_rows(tabulate(run_columns(), {&run, 1})).front();
    entry.update(json_of(run.report));
    if (study.compared()) entry["error"] = run.error;
    if (study.predicted()) entry.update(json_of(run.quality));
    document["runs"].push_back(std::move(entry));
  }
  if (!study.plans.empty()) document["plans"] = plans_json(study.plans);
  if (study.plan_report) document["planned"] = json_of(*study.plan_report);
  if (study.exact_seconds) {
    document["exact"] = json_of(*study.exact_report);
    document["exact"]["seconds"] = *study.exact_seconds;
  }
  if (!study.output.empty()) document["output"] = study.output;
  return json_text(document);
}

}  // namespace bochner::report
