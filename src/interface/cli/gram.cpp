// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "core/memory.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/distinct_files.hpp"
#include "interface/cli/gram_request.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/progress.hpp"
#include "interface/cli/report_folder.hpp"
#include "interface/cli/terminal_watcher.hpp"
#include "interface/cli/usage_error.hpp"
#include "random/permutation.hpp"
#include "report/gram_certificate_report.hpp"
#include "report/gram_report.hpp"
#include "study/gram_forecast.hpp"
#include "study/gram_study.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bochner::cli {
namespace {

/// Delta says something where lambda is of the size that regressions choose.
constexpr double kLambdaPerRow = 1e-3;

/// Steps of the iteration and a few more.
constexpr double kLanczosVectors = 110.0;

constexpr const char* kFewerRows = "--rows 5000 would take a sample of the rows";

/// Keeps so many rows, drawn at random, in their order.
void sample_rows(Index count, study::GramStudyPlan& plan, io::Table& input) {
  const Index n = input.rows.rows();
  if (count >= n) return;
  std::vector<Index> chosen = random_permutation(Stream(plan.seed, Purpose::study, 0), n);
  chosen.resize(static_cast<std::size_t>(count));
  std::sort(chosen.begin(), chosen.end());
  Matrix<double> rows(count, input.rows.cols());
  std::vector<Index> lines;
  for (Index i = 0; i < count; ++i) {
    const Index from = chosen[static_cast<std::size_t>(i)];
    std::copy_n(input.rows.row(from), rows.cols(), rows.row(i));
    lines.push_back(input.lines[static_cast<std::size_t>(from)]);
  }
  input.rows = std::move(rows);
  input.lines = std::move(lines);
  plan.sampled_from = n;
}

void check_against_data(const study::GramStudyPlan& plan, const VerdictRequest& request,
                        const io::Table& input) {
  const auto n = static_cast<double>(input.rows.rows());
  for (const Projection& projection : plan.projections) {
    try {
      const FeatureMapSpec spec =
          study::study_spec(plan, input.rows.cols(), projection, plan.frequencies.back());
      const auto features = static_cast<double>(num_features(spec));
      // Frequencies and their packed copy, and the features of 512 columns of the matrix.
      double numbers =
          2.0 * static_cast<double>(spec.num_frequencies) * static_cast<double>(spec.input_dim) +
          512.0 * features;
      // Lanczos' vectors, and the system that Delta inverts.
      if (request.certify)
        numbers += kLanczosVectors * n + 2.0 * std::pow(std::min(features, n), 2);
      // A factor, and another while it is built.
      if (!request.pivotings.empty()) numbers += 2.0 * features * n;
      require_memory("--frequencies " + std::to_string(spec.num_frequencies), 8.0 * numbers,
                     "fewer of them, or fewer --rows, would do");
    } catch (const InvalidArgument& error) {
      throw UsageError(error.what());
    }
  }
}

struct Report {
  std::string text;
  std::string json;
};

/// Adds its tables to the folder, if there is one.
Report measure(const study::GramStudyPlan& plan, const io::Table& input, Watcher& watcher,
               std::optional<io::OutputFolder>& folder) {
  const MatrixView<const double> x = input.rows.view();
  announce("gram: measuring all entries", study::gram_study_seconds(plan, x), kFewerRows);
  const study::GramStudy study = study::run_study(plan, x, &watcher);
  if (folder) {
    folder->add("table.csv", report::gram_csv(study));
    folder->add("error.svg", report::gram_svg(plan, input, study));
  }
  return {report::gram_text(plan, input, study), report::gram_json(plan, input, study)};
}

/// Likewise.
Report judge(const study::GramStudyPlan& plan, const VerdictRequest& request,
             const io::Table& input, Watcher& watcher, std::optional<io::OutputFolder>& folder) {
  const MatrixView<const double> x = input.rows.view();
  if (x.rows < 2) throw FileError(input.path + ": has one row, and a certificate needs two");
  report::GramVerdict verdict;
  if (request.certify) {
    const auto certificates =
        static_cast<double>(plan.projections.size() * plan.frequencies.size());
    announce("gram: certifying",
             kLanczosVectors * (1.0 + 2.0 * certificates) * study::exact_gram_seconds(plan, x),
             kFewerRows);
    verdict.certificates = study::certify(
        plan, x, request.lambda.value_or(kLambdaPerRow * static_cast<double>(x.rows)),
        request.samples, &watcher);
  }
  if (!request.pivotings.empty()) {
    verdict.comparison = study::compare(plan, x, request.pivotings, request.samples);
  }
  if (folder && verdict.certificates) {
    folder->add("certificates.csv", report::certificates_csv(*verdict.certificates));
  }
  if (folder && verdict.comparison) {
    folder->add("comparison.csv", report::comparison_csv(*verdict.comparison));
  }
  return {report::verdict_text(plan, input, verdict), report::verdict_json(plan, input, verdict)};
}

/// Everything that is done with the rows.
void run_on(const GramArguments& arguments, GramRequest& request, const io::Table& input) {
  study::GramStudyPlan& plan = request.plan;
  plan.kernel = choose_kernel(arguments.kernel, input.rows.view());
  check_against_data(plan, request.verdict, input);
  TerminalWatcher watcher("gram");
  std::optional<io::OutputFolder> folder = open_report(arguments.report);
  const Report report = request.verdict.wanted()
                            ? judge(plan, request.verdict, input, watcher, folder)
                            : measure(plan, input, watcher, folder);
  if (folder) {
    folder->add("report.json", report.json);
    commit_report(*folder);
  }
  print(arguments.json ? report.json : report.text);
}

void run_gram(const GramArguments& arguments) {
  GramRequest request = parse_gram(arguments);
  require_distinct_files({{"--input", arguments.input.path}},
                         report_files(arguments.report, {"report.json", "table.csv", "error.svg",
                                                         "certificates.csv", "comparison.csv"}));
  io::Table input = read_input(arguments.input);
  if (request.rows) sample_rows(*request.rows, request.plan, input);
  naming_long_rows(input, [&] { run_on(arguments, request, input); });
}

}  // namespace

std::function<void()> declare_gram(CLI::App& app) {
  const auto arguments = std::make_shared<GramArguments>();
  declare_gram_arguments(app, *arguments);
  return [arguments] { run_gram(*arguments); };
}

}  // namespace bochner::cli
