// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/attend_request.hpp"

#include "interface/cli/choices.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace bochner::cli {
namespace {

void declare_inputs(CLI::App& app, AttendArguments& arguments) {
  const auto array = [&](const char* name, std::string& path, const std::string& what) {
    declare_text(app, name, path, "FILE",
                 what +
                     ": a .npy array of length x dimension, heads x length x dimension or batch x "
                     "heads x length x dimension, or text with 2 dimensions");
  };
  array("--queries", arguments.queries, "Queries");
  array("--keys", arguments.keys, "Keys; their heads divide those of the queries");
  array("--values", arguments.values, "Values");
  declare_text(app, "--synthetic", arguments.synthetic, "L,D,HEADS",
               "Instead of files: random inputs of a length, a dimension and a number of heads, "
               "timed and compared with exact attention");
  app.add_flag("--causal", arguments.causal,
               "Query i sees keys up to i; with more keys than queries, queries are the last ones");
  declare_text(app, "--scale", arguments.scale, "VALUE",
               "s of exp(s q.k) (default: 1/sqrt(dimension))");
  declare_text(app, "--mean-square-sum", arguments.mean_square_sum, "VALUE",
               "Choose s so that the mean of s |q+k|^2 over pairs is this number");
}

/// Which pairs are weighed exactly, and how the others are.
std::vector<CLI::Option*> declare_pairs(CLI::App& app, AttendArguments& arguments) {
  return {declare_text(app, "--window", arguments.window, "N",
                       "Weigh exactly the keys less than N positions away; with --causal the last "
                       "N that a query sees"),
          declare_text(app, "--first-keys", arguments.first_keys, "N",
                       "Weigh the first N keys exactly"),
          declare_text(app, "--blocks", arguments.blocks, "N",
                       "Weigh exactly, for each block of 16 queries, the N blocks of 16 keys with "
                       "the largest estimate of their mass; blocks are neighbours in space, with "
                       "--causal in the sequence"),
          declare_text(app, "--rest", arguments.rest, "HOW",
                       "How the other pairs are weighed: by features, by the means of blocks, or "
                       "none of them")};
}

/// A plan decides what most other options say.
void declare_plan(CLI::App& app, AttendArguments& arguments,
                  const std::vector<CLI::Option*>& others) {
  CLI::Option* const plan =
      app.add_flag("--plan", arguments.plan,
                   "Say for each head whether it should be exact, random features, or some of "
                   "both, and attend so where there is an --output");
  CLI::Option* const error =
      declare_text(app, "--error", arguments.error, "E",
                   "Plan for the shortest time with this error, relative to the output "
                   "(default: 0.1)");
  CLI::Option* const time =
      declare_text(app, "--time", arguments.time, "R",
                   "Plan for the smallest error in this time, relative to that of exact attention");
  error->needs(plan);
  time->needs(plan);
  time->excludes(error);
  declare_text(app, "--report", arguments.report, "DIR",
               "Also write the plan into this directory: report.json, table.csv and heads.svg, a "
               "figure of error and exact share by head")
      ->needs(plan);
  for (CLI::Option* const other : others) plan->excludes(other);
}

void declare_attention(CLI::App& app, AttendArguments& arguments) {
  CLI::Option* const frequencies =
      declare_text(app, "--frequencies", arguments.frequencies, "LIST",
                   "Numbers of frequencies: 256, or with --compare a list; 64:1024 doubles");
  CLI::Option* const features =
      declare_text(app, "--features", arguments.features, "FEATURES",
                   "Feature function: auto (hyperbolic-oprf with the optimal a for the data), " +
                       names_of<FeatureFunction>());
  CLI::Option* const projection = declare_text(app, "--projection", arguments.projection, "NAME",
                                               "Projection: " + names_of<Projection>());
  CLI::Option* const centre = app.add_flag(
      "--centre", arguments.centre, "Subtract means from queries and keys; exact in the kernel");
  declare_text(app, "--precision", arguments.precision, "WHICH",
               "single, double, or bfloat16 in large products");
  CLI::Option* const exact =
      app.add_flag("--exact", arguments.exact, "Exact attention instead of random features");
  CLI::Option* const compare =
      declare_text(app, "--compare", arguments.compare, "WITH",
                   "exact: also run exact attention, measure the error, predict it, and advise");
  CLI::Option* const alibi = app.add_flag(
      "--alibi", arguments.alibi,
      "Let weights decay with the distance by ALiBi's slopes, one for each head; needs "
      "--causal");
  const std::vector<CLI::Option*> pairs = declare_pairs(app, arguments);
  for (CLI::Option* const other : {frequencies, features, projection, centre, compare}) {
    exact->excludes(other);
  }
  for (CLI::Option* const pair : pairs) exact->excludes(pair);
  std::vector<CLI::Option*> planned = {exact, compare, frequencies, centre, alibi};
  planned.insert(planned.end(), pairs.begin(), pairs.end());
  declare_plan(app, arguments, planned);
}

std::optional<SyntheticShape> parse_inputs(const AttendArguments& arguments) {
  if (arguments.synthetic.empty()) {
    for (const auto& [name, path] :
         {std::pair{"--queries", &arguments.queries}, std::pair{"--keys", &arguments.keys},
          std::pair{"--values", &arguments.values}}) {
      if (path->empty()) throw UsageError(std::string(name) + " is required");
    }
    const std::array paths{arguments.queries, arguments.keys, arguments.values};
    if (std::count(paths.begin(), paths.end(), "-") > 1) {
      throw UsageError("only one of --queries, --keys and --values can be the standard input");
    }
    return std::nullopt;
  }
  if (!arguments.queries.empty() || !arguments.keys.empty() || !arguments.values.empty()) {
    throw UsageError("--synthetic and --queries, --keys, --values: only one of the two can hold");
  }
  const std::vector<std::string> items = parse_list("--synthetic", arguments.synthetic);
  if (items.size() != 3) {
    throw UsageError("--synthetic: expected length, dimension and heads, got '" +
                     arguments.synthetic + "'");
  }
  const auto extent = [](const std::string& item) {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
    return static_cast<Index>(parse_whole("--synthetic", item, 1, kMost));
  };
  return SyntheticShape{
      .length = extent(items[0]), .dimension = extent(items[1]), .heads = extent(items[2])};
}

study::AttentionRuns parse_runs(const AttendArguments& arguments) {
  using study::AttentionRuns;
  if (!arguments.compare.empty() && arguments.compare != "exact") {
    throw UsageError("--compare: expected exact, got '" + arguments.compare + "'");
  }
  if (arguments.exact) return AttentionRuns::exact;
  return arguments.compare.empty() && arguments.synthetic.empty()
             ? AttentionRuns::features
             : AttentionRuns::features_and_exact;
}

void parse_precision(const AttendArguments& arguments, AttendRequest& request) {
  request.precision = parse_choice<AttendPrecision>("--precision", arguments.precision);
  if (request.precision != AttendPrecision::bfloat16) return;
  if (arguments.exact) throw UsageError("--precision: exact attention has no bfloat16");
  request.plan.attention.products = Products::bfloat16;
}

void parse_scale(const AttendArguments& arguments, study::AttentionStudyPlan& plan) {
  if (!arguments.scale.empty()) plan.scale = parse_positive("--scale", arguments.scale);
  if (!arguments.mean_square_sum.empty()) {
    plan.mean_square_sum = parse_positive("--mean-square-sum", arguments.mean_square_sum);
  }
  if (plan.scale && plan.mean_square_sum) {
    throw UsageError("--scale and --mean-square-sum: only one of the two can hold");
  }
}

/// A count of keys or blocks; nothing is 0.
Index parse_count(const std::string& option, const std::string& text) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
  return text.empty() ? 0 : static_cast<Index>(parse_whole(option, text, 1, kMost));
}

void parse_pairs(const AttendArguments& arguments, AttendRequest& request) {
  AttentionOptions& attention = request.plan.attention;
  ExactPairs& exact = attention.exact;
  exact.window = parse_count("--window", arguments.window);
  exact.first_keys = parse_count("--first-keys", arguments.first_keys);
  exact.blocks.count = parse_count("--blocks", arguments.blocks);
  attention.rest = parse_choice<Rest>("--rest", arguments.rest);
  const bool blockwise = exact.blocks.count > 0 || attention.rest == Rest::means;
  if (blockwise && !arguments.causal) exact.blocks.order = BlockOrder::bisection;
  if (attention.rest == Rest::none && exact == ExactPairs{}) {
    throw UsageError("--rest: none needs --window, --first-keys or --blocks");
  }
  request.alibi = arguments.alibi;
  if (!request.alibi) return;
  if (!arguments.causal) throw UsageError("--alibi needs --causal");
  if (blockwise) {
    throw UsageError(std::string("--alibi and ") +
                     (exact.blocks.count > 0 ? "--blocks" : "--rest means") +
                     ": only one of the two can hold");
  }
}

std::optional<AttentionGoal> parse_goal(const AttendArguments& arguments) {
  if (!arguments.plan) return std::nullopt;
  AttentionGoal goal;
  if (!arguments.error.empty()) goal.error = parse_positive("--error", arguments.error);
  if (!arguments.time.empty()) goal.time = parse_positive("--time", arguments.time);
  return goal;
}

/// Numbers of frequencies and where the output goes, which depend on what there is to do.
void parse_extent(const AttendArguments& arguments, AttendRequest& request) {
  const bool compares = request.plan.runs == study::AttentionRuns::features_and_exact;
  request.plan.frequencies = parse_frequencies("--frequencies", arguments.frequencies);
  if (request.plan.frequencies.size() > 1) {
    if (!compares) throw UsageError("--frequencies: a list needs --compare exact");
    if (!arguments.output.empty()) {
      throw UsageError("--frequencies: a list has no one output to write");
    }
  }
  if (arguments.output.empty() && !compares && !request.synthetic && !request.goal) {
    throw UsageError("--output is required (or --compare exact, --plan or --synthetic)");
  }
  if (arguments.output == "-" && arguments.json) {
    throw UsageError("--json: the report needs an --output file");
  }
}

}  // namespace

void declare_attend_arguments(CLI::App& app, AttendArguments& arguments) {
  declare_inputs(app, arguments);
  declare_attention(app, arguments);
  declare_seed(app, arguments.seed, "Seed of the frequencies, and of random inputs");
  declare_threads(app, arguments.threads);
  declare_output(app, arguments.output,
                 "Write the output here as .npy, in as many dimensions as the queries; - is the "
                 "standard output, which then has no report");
  declare_json(app, arguments.json, "Print JSON instead of text");
  app.footer(
      "Attention by random features, softmax(s Q K^T) V in time linear in the length.\n\n"
      "Examples:\n"
      "  bochner attend --queries Q.npy --keys K.npy --values V.npy --causal --output O.npy\n"
      "  bochner attend --synthetic 4096,64,8 --frequencies 64:512\n"
      "  bochner attend --synthetic 4096,64,8 --window 64 --first-keys 4\n"
      "  bochner attend --queries Q.npy --keys K.npy --values V.npy --plan --error 0.05");
}

AttendRequest parse_attend(const AttendArguments& arguments) {
  constexpr int kTimedRuns = 5;
  AttendRequest request;
  study::AttentionStudyPlan& plan = request.plan;
  request.synthetic = parse_inputs(arguments);
  request.goal = parse_goal(arguments);
  plan.runs = parse_runs(arguments);
  const bool compares = plan.runs == study::AttentionRuns::features_and_exact;
  if (compares || request.synthetic) plan.timed_runs = kTimedRuns;
  if (arguments.features != "auto") {
    plan.features = parse_option("--features", arguments.features, parse_features);
  }
  plan.projection = parse_option("--projection", arguments.projection, parse_projection);
  plan.seed = parse_seed(arguments.seed);
  plan.execution = parse_threads(arguments.threads);
  if (arguments.causal) plan.attention.mask = Mask::causal;
  if (arguments.centre) plan.means = study::Means::subtracted;
  parse_precision(arguments, request);
  parse_scale(arguments, plan);
  parse_pairs(arguments, request);
  parse_extent(arguments, request);
  const FeatureFunction features = plan.features.value_or(HyperbolicOprfFeatures{});
  if (const auto reason = incompatibility(SoftmaxKernel{}, plan.projection, features)) {
    throw UsageError(*reason);
  }
  return request;
}

}  // namespace bochner::cli
