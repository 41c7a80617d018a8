// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/gram_request.hpp"

#include "interface/cli/choices.hpp"
#include "interface/cli/map_choice.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"

#include <cstdint>

namespace bochner::cli {
namespace {

void declare_study_of(CLI::App& app, GramArguments& arguments) {
  declare_features(app, arguments.features);
  declare_text(app, "--projection", arguments.projections, "LIST",
               "Projections to compare: auto (orthogonal as a rule), or a list of " +
                   names_of<Projection>());
  declare_frequencies(app, arguments.frequencies);
  declare_seed(app, arguments.seed, "Seed of the first draw");
  declare_text(app, "--draws", arguments.draws, "COUNT",
               "Draws to measure, with seeds N, N+1, ...; then measured is a root mean square");
  declare_precision(app, arguments.precision);
  declare_threads(app, arguments.threads);
  declare_text(app, "--rows", arguments.rows, "COUNT",
               "Rows to take: all, or that many drawn at random by the seed; the time to measure "
               "grows with their square");
}

void declare_verdict(CLI::App& app, GramArguments& arguments) {
  app.add_flag("--certify", arguments.certify,
               "Instead of measuring all entries, certify the first draw: its Frobenius error from "
               "sampled entries, its spectral norm, and Delta");
  declare_text(app, "--compare", arguments.compare, "LIST",
               "Beside the first projection with the most frequencies, columns of the matrix at "
               "equal memory and at equal time: a list of nystrom, leverage, rpcholesky");
  declare_text(app, "--lambda", arguments.lambda, "VALUE",
               "Delta is the least with (1 - Delta) M <= K^ + lambda I <= (1 + Delta) M, M = K + "
               "lambda I; auto is a thousandth of the number of rows");
  declare_text(app, "--samples", arguments.samples, "COUNT", "Entries to sample for a certificate");
}

study::GramStudyPlan parse_plan(const GramArguments& arguments) {
  study::GramStudyPlan plan;
  plan.kernel = parse_kernel_options(arguments.kernel);
  const std::vector<std::string> projections = parse_list("--projection", arguments.projections);
  plan.features = choose_map(plan.kernel, arguments.features, projections.front()).features;
  for (const std::string& item : projections) {
    plan.projections.push_back(choose_map(plan.kernel, to_text(plan.features), item).projection);
  }
  plan.frequencies = parse_frequencies("--frequencies", arguments.frequencies);
  plan.seed = parse_seed(arguments.seed);
  plan.draws = static_cast<Index>(parse_whole("--draws", arguments.draws, 1, 1'000'000));
  plan.execution = parse_threads(arguments.threads);
  plan.arithmetic = parse_arithmetic(arguments.precision);
  return plan;
}

VerdictRequest parse_verdict(const GramArguments& arguments) {
  VerdictRequest out;
  out.certify = arguments.certify;
  if (!arguments.compare.empty()) {
    for (const std::string& item : parse_list("--compare", arguments.compare)) {
      out.pivotings.push_back(parse_choice<Pivoting>("--compare", item));
    }
  }
  if (arguments.lambda != "auto") out.lambda = parse_positive("--lambda", arguments.lambda);
  out.samples = static_cast<Index>(parse_whole("--samples", arguments.samples, 2, 1'000'000'000));
  return out;
}

}  // namespace

void declare_gram_arguments(CLI::App& app, GramArguments& arguments) {
  declare_input(app, arguments.input);
  declare_kernel(app, arguments.kernel);
  declare_study_of(app, arguments);
  declare_verdict(app, arguments);
  declare_report(app, arguments.report,
                 "Also write report.json and tables into this directory: table.csv and error.svg, "
                 "or certificates.csv and comparison.csv");
  declare_json(app, arguments.json, "Print JSON instead of a table");
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

GramRequest parse_gram(const GramArguments& arguments) {
  GramRequest request;
  request.plan = parse_plan(arguments);
  static_cast<void>(read_options(arguments.input));
  if (arguments.rows != "all") {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
    request.rows = static_cast<Index>(parse_whole("--rows", arguments.rows, 2, kMost));
  }
  request.verdict = parse_verdict(arguments);
  if (request.verdict.wanted() && request.plan.draws > 1) {
    throw UsageError("--draws: a certificate is of one draw");
  }
  return request;
}

}  // namespace bochner::cli
