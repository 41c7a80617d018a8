// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "core/memory.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/distinct_files.hpp"
#include "interface/cli/gram_forecast.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/kernel_choice.hpp"
#include "interface/cli/map_choice.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/progress.hpp"
#include "interface/cli/registry.hpp"
#include "interface/cli/signals.hpp"
#include "interface/cli/terminal_watcher.hpp"
#include "io/message.hpp"
#include "io/output_folder.hpp"
#include "random/permutation.hpp"
#include "report/gram_certificate_report.hpp"
#include "report/gram_report.hpp"
#include "study/gram_study.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
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

struct Options {
  InputOptions input;
  KernelOptions kernel;
  std::string features = "auto";
  std::string projections = "auto";
  std::string frequencies = "16:4096";
  std::string precision = "double";
  std::string seed = "1";
  std::string draws = "1";
  std::string threads = "0";
  std::string rows = "all";
  bool certify = false;
  std::string compare;
  std::string lambda = "auto";
  std::string samples = "20000";
  std::string report;
  bool json = false;
};

void declare(CLI::App& app, Options& options) {
  declare_input(app, options.input);
  declare_kernel(app, options.kernel);
  app.add_option("--features", options.features,
                 "Feature function: auto (the kernel's; trigonometric as a rule), " +
                     names_of<FeatureFunction>())
      ->type_name("FEATURES")
      ->capture_default_str();
  app.add_option("--projection", options.projections,
                 "Projections to compare: auto (orthogonal as a rule), or a list of " +
                     names_of<Projection>())
      ->type_name("LIST")
      ->capture_default_str();
  app.add_option("--frequencies", options.frequencies,
                 "Numbers of frequencies: 16:4096 doubles from 16 on; 100,200 is a list")
      ->type_name("LIST")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Seed of the first draw")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--draws", options.draws,
                 "Draws to measure, with seeds N, N+1, ...; then measured is a root mean square")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_option("--precision", options.precision, "Precision of the features: double or single")
      ->type_name("WHICH")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Threads; 0 leaves it to OMP_NUM_THREADS")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_option("--rows", options.rows,
                 "Rows to take: all, or that many drawn at random by the seed; the time to measure "
                 "grows with their square")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_flag("--certify", options.certify,
               "Instead of measuring all entries, certify the first draw: its Frobenius error from "
               "sampled entries, its spectral norm, and Delta");
  app.add_option("--compare", options.compare,
                 "Beside the first projection with the most frequencies, columns of the matrix at "
                 "equal memory and at equal time: a list of nystrom, leverage, rpcholesky")
      ->type_name("LIST");
  app.add_option("--lambda", options.lambda,
                 "Delta is the least with (1 - Delta) M <= K^ + lambda I <= (1 + Delta) M, M = K + "
                 "lambda I; auto is a thousandth of the number of rows")
      ->type_name("VALUE")
      ->capture_default_str();
  app.add_option("--samples", options.samples, "Entries to sample for a certificate")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_option("--report", options.report,
                 "Also write report.json and tables into this directory: table.csv and error.svg, "
                 "or certificates.csv and comparison.csv")
      ->type_name("DIR");
  app.add_flag("--json", options.json, "Print JSON instead of a table");
  app.footer(
      "Prints the relative Frobenius error |K^ - K| / |K| of the approximate Gram matrix over\n"
      "numbers of frequencies: predicted in closed form, without computing K^, beside measured.\n"
      "Measuring takes every entry of both matrices; certificates take products with them.\n\n"
      "Example:\n"
      "  bochner gram --input concrete.csv --skip-columns compressive_strength \\\n"
      "    --kernel gaussian --lengthscale median --projection iid,orthogonal\n"
      "  bochner gram --input concrete.csv --skip-columns compressive_strength \\\n"
      "    --frequencies 256,1024 --certify --compare nystrom,rpcholesky");
}

Index parse_rows(const Options& options) {
  return static_cast<Index>(parse_whole("--rows", options.rows, 2, std::uint64_t{1} << 40));
}

/// Everything that can be known before the data are.
study::GramStudyPlan make_plan(const Options& options) {
  constexpr auto kAny = std::numeric_limits<std::uint64_t>::max();
  study::GramStudyPlan plan;
  plan.kernel = parse_kernel_options(options.kernel);
  const std::vector<std::string> projections = parse_list("--projection", options.projections);
  plan.features = choose_map(plan.kernel, options.features, projections.front()).features;
  for (const std::string& item : projections) {
    plan.projections.push_back(choose_map(plan.kernel, to_text(plan.features), item).projection);
  }
  plan.frequencies = parse_frequencies("--frequencies", options.frequencies);
  plan.seed.value = parse_whole("--seed", options.seed, 0, kAny);
  plan.draws = static_cast<Index>(parse_whole("--draws", options.draws, 1, 1'000'000));
  plan.execution.num_threads = static_cast<int>(parse_whole("--threads", options.threads, 0, 4096));
  if (options.precision == "single") {
    plan.arithmetic = Arithmetic::single_precision;
  } else if (options.precision != "double") {
    throw UsageError("--precision: expected double or single, got '" + options.precision + "'");
  }
  static_cast<void>(read_options(options.input));
  if (options.rows != "all") static_cast<void>(parse_rows(options));
  return plan;
}

/// Keeps so many rows, drawn at random, in their order.
void sample_rows(const Options& options, study::GramStudyPlan& plan, io::Table& input) {
  const Index n = input.rows.rows();
  if (options.rows == "all") return;
  const Index count = parse_rows(options);
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

/// What certificates and comparisons are asked for.
struct VerdictRequest {
  bool certify = false;
  std::vector<Pivoting> pivotings;
  std::optional<double> lambda;
  Index samples = 0;

  bool wanted() const { return certify || !pivotings.empty(); }
};

VerdictRequest make_request(const Options& options, const study::GramStudyPlan& plan) {
  constexpr std::array kPivotings = {Pivoting::uniform, Pivoting::ridge_leverage,
                                     Pivoting::randomly_pivoted};
  VerdictRequest out;
  out.certify = options.certify;
  if (!options.compare.empty()) {
    for (const std::string& item : parse_list("--compare", options.compare)) {
      const auto found = std::find_if(kPivotings.begin(), kPivotings.end(),
                                      [&](Pivoting p) { return report::name_of(p) == item; });
      if (found == kPivotings.end()) {
        throw UsageError("--compare: expected nystrom, leverage or rpcholesky, got " +
                         io::quoted(item));
      }
      out.pivotings.push_back(*found);
    }
  }
  if (options.lambda != "auto") out.lambda = parse_positive("--lambda", options.lambda);
  out.samples = static_cast<Index>(parse_whole("--samples", options.samples, 2, 1'000'000'000));
  if (out.wanted() && plan.draws > 1) {
    throw UsageError("--draws: a certificate is of one draw");
  }
  return out;
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

/// Writes the report's files, then prints.
void hand_out(const Options& options, const std::string& text, const std::string& json,
              const std::vector<std::pair<const char*, std::string>>& files,
              std::optional<io::OutputFolder>& report) {
  if (report) {
    report->add("report.json", json);
    for (const auto& [name, contents] : files) report->add(name, contents);
    const DeferredSignals deferred;
    report->commit();
  }
  print(options.json ? json : text);
}

/// Everything that is done with the rows.
void study_rows(const Options& options, study::GramStudyPlan& plan, const VerdictRequest& request,
                const io::Table& input) {
  const MatrixView<const double> x = input.rows.view();
  plan.kernel = choose_kernel(options.kernel, x);
  check_against_data(plan, request, input);

  TerminalWatcher watcher("gram");
  std::optional<io::OutputFolder> report;
  if (!options.report.empty()) report.emplace(options.report);
  std::vector<std::pair<const char*, std::string>> files;
  if (!request.wanted()) {
    announce("gram: measuring all entries", study_seconds(plan, x), kFewerRows);
    const study::GramStudy study = study::run_study(plan, x, &watcher);
    if (report)
      files = {{"table.csv", report::gram_csv(study)},
               {"error.svg", report::gram_svg(plan, input, study)}};
    hand_out(options, report::gram_text(plan, input, study), report::gram_json(plan, input, study),
             files, report);
    return;
  }
  if (x.rows < 2) throw FileError(input.path + ": has one row, and a certificate needs two");
  report::GramVerdict verdict;
  if (request.certify) {
    const auto certificates =
        static_cast<double>(plan.projections.size() * plan.frequencies.size());
    announce("gram: certifying",
             kLanczosVectors * (1.0 + 2.0 * certificates) * exact_seconds(plan, x), kFewerRows);
    verdict.certificates = study::certify(
        plan, x, request.lambda.value_or(kLambdaPerRow * static_cast<double>(x.rows)),
        request.samples, &watcher);
    files.emplace_back("certificates.csv", report::certificates_csv(*verdict.certificates));
  }
  if (!request.pivotings.empty()) {
    verdict.comparison = study::compare(plan, x, request.pivotings, request.samples);
    files.emplace_back("comparison.csv", report::comparison_csv(*verdict.comparison));
  }
  hand_out(options, report::verdict_text(plan, input, verdict),
           report::verdict_json(plan, input, verdict), files, report);
}

void run_gram(const Options& options) {
  study::GramStudyPlan plan = make_plan(options);
  const VerdictRequest request = make_request(options, plan);
  require_distinct_files({{"--input", options.input.path}},
                         report_files(options.report, {"report.json", "table.csv", "error.svg",
                                                       "certificates.csv", "comparison.csv"}));
  io::Table input = read_input(options.input);
  sample_rows(options, plan, input);
  naming_long_rows(input, [&] { study_rows(options, plan, request, input); });
}

}  // namespace

std::function<void()> declare_gram(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  declare(app, *options);
  return [options] { run_gram(*options); };
}

}  // namespace bochner::cli
