// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/command.hpp"
#include "interface/cli/gram_report.hpp"
#include "interface/cli/gram_study.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/kernel_choice.hpp"
#include "interface/cli/memory.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"
#include "interface/cli/report_directory.hpp"
#include "interface/io/output_file.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace bochner::cli {
namespace {

struct Options {
  InputOptions input;
  KernelOptions kernel;
  std::string features = "trigonometric";
  std::string projections = "orthogonal";
  std::string frequencies = "16:4096";
  std::string precision = "double";
  std::string seed = "1";
  std::string draws = "1";
  std::string threads = "0";
  std::string report;
  bool json = false;
};

void declare(CLI::App& app, Options& options) {
  declare_input(app, options.input);
  declare_kernel(app, options.kernel);
  app.add_option("--features", options.features, "Feature function: " + names_of<FeatureFunction>())
      ->type_name("FEATURES")
      ->capture_default_str();
  app.add_option("--projection", options.projections,
                 "Projections to compare: a list of " + names_of<Projection>())
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
  app.add_option("--report", options.report,
                 "Also write report.json, table.csv and error.svg into this directory")
      ->type_name("DIR");
  app.add_flag("--json", options.json, "Print JSON instead of a table");
  app.footer(
      "Prints the relative Frobenius error |K^ - K| / |K| of the approximate Gram matrix over\n"
      "numbers of frequencies: predicted in closed form, without computing K^, beside measured.\n\n"
      "Example:\n"
      "  bochner gram --input concrete.csv --skip-columns compressive_strength \\\n"
      "    --kernel gaussian --lengthscale median --projection iid,orthogonal");
}

/// Everything that can be known before the data are.
GramStudyPlan make_plan(const Options& options) {
  constexpr auto kAny = std::numeric_limits<std::uint64_t>::max();
  GramStudyPlan plan;
  plan.kernel = parse_kernel_options(options.kernel);
  plan.features = parse_option("--features", options.features, parse_features);
  for (const std::string& item : parse_list("--projection", options.projections)) {
    plan.projections.push_back(parse_option("--projection", item, parse_projection));
    const auto reason = incompatibility(plan.kernel, plan.projections.back(), plan.features);
    if (reason) throw UsageError(*reason);
  }
  plan.frequencies = parse_frequencies("--frequencies", options.frequencies);
  plan.seed.value = parse_whole("--seed", options.seed, 0, kAny);
  plan.draws = static_cast<Index>(parse_whole("--draws", options.draws, 1, 1'000'000));
  plan.execution.num_threads = static_cast<int>(parse_whole("--threads", options.threads, 0, 4096));
  if (options.precision == "single") {
    plan.precision = Precision::single_precision;
  } else if (options.precision != "double") {
    throw UsageError("--precision: expected double or single, got '" + options.precision + "'");
  }
  static_cast<void>(read_options(options.input));
  return plan;
}

void check_against_data(const GramStudyPlan& plan, const Input& input) {
  for (const Projection& projection : plan.projections) {
    try {
      const FeatureMapSpec spec =
          study_spec(plan, input.rows.cols(), projection, plan.frequencies.back());
      // Frequencies and their packed copy, and the features of 512 columns of the matrix.
      require_memory("--frequencies " + std::to_string(spec.num_frequencies),
                     8.0 * (2.0 * static_cast<double>(spec.num_frequencies) *
                                static_cast<double>(spec.input_dim) +
                            512.0 * static_cast<double>(num_features(spec))));
    } catch (const InvalidArgument& error) {
      throw UsageError(error.what());
    }
  }
}

void run_gram(const Options& options) {
  GramStudyPlan plan = make_plan(options);
  const Input input = read_input(options.input);
  plan.kernel = choose_kernel(options.kernel, input.rows.view());
  check_against_data(plan, input);

  std::optional<ReportDirectory> report;
  if (!options.report.empty()) report.emplace(options.report);
  const GramStudy study = run_study(plan, input.rows.view());
  if (report) {
    report->add("report.json", gram_json(plan, input, study));
    report->add("table.csv", gram_csv(study));
    report->add("error.svg", gram_svg(plan, input, study));
    report->commit();
  }
  io::OutputFile out("-");
  out.write(options.json ? gram_json(plan, input, study) : gram_text(plan, input, study));
  out.commit();
}

}  // namespace

std::function<void()> declare_gram(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  declare(app, *options);
  return [options] { run_gram(*options); };
}

}  // namespace bochner::cli
