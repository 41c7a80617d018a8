// SPDX-License-Identifier: Apache-2.0
#include "core/memory.hpp"
#include "interface/cli/attend_request.hpp"
#include "interface/cli/attention_files.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/distinct_files.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/progress.hpp"
#include "interface/cli/report_folder.hpp"
#include "interface/cli/usage_error.hpp"
#include "io/matrix_writer.hpp"
#include "io/output_file.hpp"
#include "io/output_lock.hpp"
#include "report/attend_report.hpp"
#include "report/head_plans.hpp"
#include "study/attention_forecast.hpp"
#include "study/attention_study.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bochner::cli {
namespace {

using study::AttentionRuns;

/// The map for the inputs. A spec that is wrong is what the command line asked for.
template <Scalar T>
FeatureMapSpec checked_spec(const study::AttentionStudyPlan& plan,
                            const AttentionArrays<T>& arrays) {
  FeatureMapSpec spec =
      study::attention_spec<T>(plan, arrays.queries.rows.view(), arrays.keys.rows.view());
  try {
    validate(spec);
  } catch (const InvalidArgument& error) {
    throw UsageError(error.what());
  }
  return spec;
}

/// Frequencies and their packed copy, and a state of features x values for each head at work.
void require_room(Index frequencies, Index dimension, Index columns) {
  require_memory("--frequencies " + std::to_string(frequencies),
                 16.0 * static_cast<double>(frequencies) *
                     (static_cast<double>(dimension) + static_cast<double>(columns)),
                 "fewer of them would do");
}

template <Scalar T>
study::AttentionStudy<T> study_of(const study::AttentionStudyPlan& plan, const FeatureMapSpec& spec,
                                  const AttentionInputs<T>& inputs) {
  if (plan.runs != AttentionRuns::exact) {
    require_room(plan.frequencies.back(), spec.input_dim, inputs.values.extent(3));
  }
  if (plan.runs != AttentionRuns::features) {
    announce(
        "attend: exact attention",
        study::exact_attention_seconds<T>(spec.kernel, inputs, plan.attention.mask, plan.execution),
        plan.runs == AttentionRuns::exact ? "without --exact there are random features instead"
                                          : "");
  }
  return study::run_attention_study<T>(plan, {spec}, inputs);
}

/// ALiBi's slopes, which are those of query heads.
template <Scalar T>
std::vector<double> slopes_of(const AttentionInputs<T>& inputs) {
  const Index heads = inputs.queries.extent(1);
  if (inputs.keys.extent(1) != heads) {
    throw FileError("--alibi: there are " + std::to_string(heads) + " heads of queries and " +
                    std::to_string(inputs.keys.extent(1)) + " of keys, expected as many");
  }
  return alibi_slopes(heads);
}

template <Scalar T>
report::AttendStudy record_of(const AttendArguments& arguments,
                              const study::AttentionStudyPlan& plan, const Kernel& kernel,
                              const AttentionArrays<T>& arrays) {
  const AttentionOptions& attention = plan.attention;
  report::AttendStudy out;
  out.precision = arguments.precision;
  out.mask = attention.mask;
  out.exact = attention.exact;
  out.rest = attention.rest;
  out.decay.assign(attention.decay.begin(), attention.decay.end());
  out.kernel = kernel;
  out.execution = plan.execution;
  out.output = arguments.output;
  for (const auto& [name, array] :
       {std::pair{"queries", &arrays.queries}, std::pair{"keys", &arrays.keys},
        std::pair{"values", &arrays.values}}) {
    out.inputs.push_back({name, array->path, array->digest, array->shape});
  }
  return out;
}

/// Fills in the runs; returns the output of the last.
template <Scalar T>
Matrix<T> attend(const study::AttentionStudyPlan& plan, const FeatureMapSpec& spec,
                 const AttentionInputs<T>& inputs, report::AttendStudy& record) {
  study::AttentionStudy<T> study = study_of(plan, spec, inputs);
  record.runs = std::move(study.runs);
  record.exact_seconds = study.exact_seconds;
  record.exact_report = study.exact_report;
  return std::move(study.output);
}

/// Fills in the plans; returns their output where it is wanted.
template <Scalar T>
Matrix<T> attend_as_planned(const study::AttentionStudyPlan& plan, const AttentionGoal& goal,
                            const FeatureMapSpec& spec, const AttentionInputs<T>& inputs,
                            report::AttendStudy& record) {
  record.plans =
      plan_attention<T>(HeadSpecs(spec), 0, inputs, goal, plan.attention, plan.execution);
  if (record.output.empty()) return {};
  const auto [batch, heads, length, dim] = inputs.queries.extents;
  Matrix<T> out(batch * heads * length, inputs.values.extent(3));
  record.plan_report = attention<T>(std::span<const HeadPlan>(record.plans), inputs,
                                    {out.data(), {batch, heads, length, out.cols()}},
                                    plan.attention, plan.execution);
  return out;
}

/// Adds the plan to the folder of --report, if there is one.
void report_plan(const report::AttendStudy& record, std::optional<io::OutputFolder>& folder) {
  if (!folder) return;
  folder->add("table.csv", report::plans_csv(record.plans));
  folder->add("heads.svg", report::plans_svg(record.plans, to_text(record.kernel)));
  folder->add("report.json", report::attend_json(record));
  commit_report(*folder);
}

template <Scalar T>
void run_in(const AttendArguments& arguments, AttendRequest request) {
  std::optional<io::OutputFolder> folder = open_report(arguments.report);
  const io::OutputLock lock(arguments.output);
  std::optional<io::OutputFile> file;
  if (!arguments.output.empty()) file.emplace(arguments.output);
  const AttentionArrays<T> arrays =
      request.synthetic
          ? random_attention_arrays<T>(*request.synthetic, request.plan.seed)
          : read_attention_arrays<T>(arguments.queries, arguments.keys, arguments.values);
  const AttentionInputs<T> inputs = arrays.inputs();
  study::AttentionStudyPlan& plan = request.plan;
  if (plan.attention.mask == Mask::causal) {
    plan.attention.query_offset =
        std::max<Index>(inputs.keys.extent(2) - inputs.queries.extent(2), 0);
  }
  std::vector<double> slopes;
  if (request.alibi) slopes = slopes_of(inputs);
  plan.attention.decay = slopes;
  const FeatureMapSpec spec = checked_spec(plan, arrays);
  report::AttendStudy record = record_of(arguments, plan, spec.kernel, arrays);
  const Matrix<T> output = request.goal
                               ? attend_as_planned(plan, *request.goal, spec, inputs, record)
                               : attend(plan, spec, inputs, record);
  if (file) {
    std::vector<Index> shape = arrays.queries.shape;
    shape.back() = inputs.values.extent(3);
    io::write_npy<T>(*file, output.view(), shape);
  }
  report_plan(record, folder);
  if (arguments.output == "-") {
    file->commit();
  } else {
    print(arguments.json ? report::attend_json(record) : report::attend_text(record));
    if (file) file->commit();
  }
  if (const std::string complaint = report::attend_complaint(record); !complaint.empty()) {
    throw FileError(complaint);
  }
}

std::vector<NamedFile> written_files(const AttendArguments& arguments) {
  std::vector<NamedFile> files =
      report_files(arguments.report, {"report.json", "table.csv", "heads.svg"});
  files.push_back({"--output", arguments.output});
  return files;
}

void run_attend(const AttendArguments& arguments) {
  const AttendRequest request = parse_attend(arguments);
  require_distinct_files({{"--queries", arguments.queries},
                          {"--keys", arguments.keys},
                          {"--values", arguments.values}},
                         written_files(arguments));
  if (request.precision == AttendPrecision::double_precision) {
    run_in<double>(arguments, request);
  } else {
    run_in<float>(arguments, request);
  }
}

}  // namespace

std::function<void()> declare_attend(CLI::App& app) {
  const auto arguments = std::make_shared<AttendArguments>();
  declare_attend_arguments(app, *arguments);
  return [arguments] { run_attend(*arguments); };
}

}  // namespace bochner::cli
