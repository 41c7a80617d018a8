// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/plan.hpp"

#include "bochner/estimator/recommend.hpp"
#include "estimator/row_law.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/identity.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/kernel_choice.hpp"
#include "interface/cli/numbers.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/plan_pairs.hpp"
#include "interface/cli/registry.hpp"
#include "interface/cli/study_pairs.hpp"
#include "interface/cli/text_table.hpp"
#include "interface/io/output_file.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>

namespace bochner::cli {
namespace {

struct Options {
  InputOptions input;
  std::string pairs;
  std::string norms;
  std::string angles = "0:pi";
  std::string dimension;
  std::string radius;
  KernelOptions kernel;
  std::string features;
  std::string projection = "orthogonal";
  std::string budget = "256";
  std::string error;
  std::string unit = "relative";
  std::string confidence = "0.95";
  std::string basis = "asymptotic";
  std::string seed = "1";
  std::string threads = "0";
  bool json = false;
};

void declare(CLI::App& app, Options& options) {
  declare_input(app, options.input);
  app.get_option("--input")->required(false);
  app.add_option("--pairs", options.pairs,
                 "Plan for these pairs instead, one a row: the coordinates of x, then those of y")
      ->type_name("FILE");
  app.add_option("--norm", options.norms,
                 "Plan for pairs of these lengths |x| = |y|, after the kernel's scaling, in "
                 "--dimension dimensions")
      ->type_name("LIST");
  app.add_option("--angle", options.angles, "Angles between x and y, with --norm")
      ->type_name("LIST")
      ->capture_default_str();
  app.add_option("--radius", options.radius,
                 "Plan for all pairs of a ball of this radius at once, after the kernel's scaling, "
                 "in --dimension dimensions")
      ->type_name("R");
  app.add_option("--dimension", options.dimension, "Dimension of the pairs or of the ball")
      ->type_name("D");
  declare_kernel(app, options.kernel);
  app.add_option("--features", options.features,
                 "Feature function: " + names_of<FeatureFunction>() +
                     " (default: the first of the ranking)")
      ->type_name("NAME");
  app.add_option("--projection", options.projection,
                 "Projection, with --features: " + names_of<Projection>())
      ->type_name("NAME")
      ->capture_default_str();
  app.add_option("--budget", options.budget, "Columns of the features that maps are ranked at")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_option("--error", options.error,
                 "How many frequencies reach this error: of the Gram matrix (Frobenius), at each "
                 "pair, or (absolute) over the ball?")
      ->type_name("E");
  app.add_option("--unit", options.unit, "Of the error: relative (to |K|) or absolute")
      ->type_name("UNIT")
      ->capture_default_str();
  app.add_option("--confidence", options.confidence, "Probability of the promise")
      ->type_name("P")
      ->capture_default_str();
  app.add_option("--basis", options.basis,
                 "What stands behind the number: asymptotic (exact variance); guarantees by "
                 "chebyshev and, for pairs, bernstein or median-of-means")
      ->type_name("BASIS")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Seed of the sample and of the recommended map")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Threads; 0 leaves it to OMP_NUM_THREADS")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_flag("--json", options.json, "Print JSON instead of text");
  app.footer(
      "Ranks the maps for the Gram matrix of the rows by their predicted error, and says how many\n"
      "frequencies an error needs: of the matrix, at stated pairs, or over a ball. Nothing is\n"
      "drawn: every number is a closed form.\n\n"
      "Examples:\n"
      "  bochner plan --input concrete.csv --skip-columns compressive_strength --error 0.05\n"
      "  bochner plan --kernel softmax --norm 1 --dimension 64 --error 0.1\n"
      "  bochner plan --kernel gaussian --radius 2 --dimension 8 --error 0.1");
}

template <class Enum>
Enum parse_name(const char* option, const std::string& text) {
  const auto names = names_of(Enum{});
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) {
    std::string expected;
    for (const std::string_view name : names) {
      expected += (expected.empty() ? "" : ", ") + std::string(name);
    }
    throw UsageError(std::string(option) + ": expected one of " + expected + ", got '" + text +
                     "'");
  }
  return static_cast<Enum>(found - names.begin());
}

ErrorTarget parse_target(const Options& options) {
  ErrorTarget target;
  target.error = parse_positive("--error", options.error);
  target.unit = parse_name<ErrorUnit>("--unit", options.unit);
  target.confidence = parse_positive("--confidence", options.confidence);
  if (target.confidence >= 1.0) {
    throw UsageError("--confidence: expected a number between 0 and 1, got '" + options.confidence +
                     "'");
  }
  return target;
}

/// What was asked for and what came of it.
struct Answer {
  Recommendation advice;
  FeatureMapSpec spec;  ///< the map planned for
  ExpectedError expected;
  std::optional<FrequencyPlan> plan;
  std::string reachable;  ///< where the map cannot reach the target: which would
};

/// The map of a ranking that reaches the target with the fewest columns.
std::string who_reaches(const Recommendation& advice, MatrixView<const double> rows,
                        const ErrorTarget& target, Basis basis, const Execution& execution) {
  std::string best;
  Index fewest = 0;
  constexpr std::size_t kMostTried = 8;
  for (std::size_t i = 0; i < std::min(kMostTried, advice.ranked.size()); ++i) {
    FeatureMapSpec spec = advice.ranked[i].spec;
    spec.num_frequencies =
        frequencies_needed(spec, rows, rows, target, basis, execution).num_frequencies;
    if (spec.num_frequencies == 0) continue;
    if (fewest != 0 && num_features(spec) >= fewest) continue;
    fewest = num_features(spec);
    best = to_text(spec.features) + " features, " + to_text(spec.projection) + " frequencies" +
           (spec.centring == Centring{} ? "" : ", centred") + ": " +
           std::to_string(spec.num_frequencies) + " frequencies";
  }
  return best.empty() ? "none of the best ranked maps reaches it; use the exact kernel"
                      : "it is reached by " + best;
}

Answer answer(const Options& options, const Kernel& kernel, MatrixView<const double> rows) {
  constexpr auto kAny = std::numeric_limits<std::uint64_t>::max();
  const Execution execution{static_cast<int>(parse_whole("--threads", options.threads, 0, 4096))};
  Budget budget;
  budget.num_features =
      static_cast<Index>(parse_whole("--budget", options.budget, 2, std::uint64_t{1} << 40));
  budget.seed.value = parse_whole("--seed", options.seed, 0, kAny);

  Answer out;
  out.advice = recommend(kernel, rows, rows, budget, execution);
  out.spec = out.advice.ranked.front().spec;
  if (!options.features.empty()) {
    out.spec.features = parse_option("--features", options.features, parse_features);
    out.spec.projection = parse_option("--projection", options.projection, parse_projection);
    out.spec.centring = {};
    out.spec.num_frequencies = 1;
    out.spec.num_frequencies = std::max<Index>(1, budget.num_features / num_features(out.spec));
    try {
      validate(out.spec);
    } catch (const InvalidArgument& error) {
      throw UsageError(error.what());
    }
  }
  out.expected = error_expected(out.spec, rows, rows, execution);
  if (options.error.empty()) return out;
  const ErrorTarget target = parse_target(options);
  const auto basis = parse_name<Basis>("--basis", options.basis);
  try {
    out.plan = frequencies_needed(out.spec, rows, rows, target, basis, execution);
  } catch (const InvalidArgument& error) {
    throw UsageError(error.what());
  }
  if (out.plan->num_frequencies == 0) {
    out.reachable = who_reaches(out.advice, rows, target, basis, execution);
  }
  return out;
}

std::string text_of(const Kernel& kernel, const Answer& answer) {
  constexpr std::size_t kShown = 8;
  constexpr int kDigits = 3;
  std::string out = "kernel " + to_text(kernel) + "\n\n";
  TextTable table({{"features"}, {"projection"}, {"centred"}, {"frequencies"}, {"error"}});
  for (std::size_t i = 0; i < std::min(kShown, answer.advice.ranked.size()); ++i) {
    const Candidate& candidate = answer.advice.ranked[i];
    table.add_row({to_text(candidate.spec.features), to_text(candidate.spec.projection),
                   candidate.spec.centring == Centring{} ? "no" : "yes",
                   std::to_string(candidate.spec.num_frequencies),
                   significant(candidate.error, kDigits)});
  }
  out += table.text() + "\n" + answer.advice.reason + "\n";
  out += "\nplanned: " + to_text(answer.spec.features) + ", " + to_text(answer.spec.projection) +
         "; relative error " + significant(answer.expected.root_mean_square, kDigits) + " with " +
         std::to_string(answer.spec.num_frequencies) + " frequencies\n";
  if (answer.plan) {
    const FrequencyPlan& plan = *answer.plan;
    out += plan.statement;
    if (plan.num_frequencies != 0) {
      out += ": " + std::to_string(plan.num_frequencies) + " frequencies";
      if (plan.whole_blocks != plan.num_frequencies) {
        out += " (in whole blocks " + std::to_string(plan.whole_blocks) + ", recommended)";
      }
    } else {
      out += "; " + answer.reachable;
    }
    out += "\n";
  }
  // Each warning once.
  std::vector<std::string> warnings{answer.advice.warning, answer.expected.warning,
                                    answer.plan ? answer.plan->warning : ""};
  for (std::size_t i = 0; i < warnings.size(); ++i) {
    if (std::find(warnings.begin(), warnings.begin() + static_cast<std::ptrdiff_t>(i),
                  warnings[i]) == warnings.begin() + static_cast<std::ptrdiff_t>(i) &&
        !warnings[i].empty()) {
      out += "warning: " + warnings[i] + "\n";
    }
  }
  return out;
}

std::string json_of(const Options& options, const Input& input, const Kernel& kernel,
                    const Answer& answer) {
  nlohmann::ordered_json document =
      identity("plan", {static_cast<int>(parse_whole("--threads", options.threads, 0, 4096))});
  document["input"] = describe(input);
  document["kernel"] = to_text(kernel);
  document["ranking"] = nlohmann::ordered_json::array();
  for (const Candidate& candidate : answer.advice.ranked) {
    document["ranking"].push_back({{"spec", to_text(candidate.spec)},
                                   {"error", candidate.error},
                                   {"operations_per_row", candidate.cost}});
  }
  document["reason"] = answer.advice.reason;
  document["warning"] = answer.advice.warning;
  document["spec"] = to_text(answer.spec);
  document["expected_relative_error"] = answer.expected.root_mean_square;
  document["mean_square_sum"] = answer.expected.mean_square_sum;
  if (answer.plan) {
    document["plan"] = {{"num_frequencies", answer.plan->num_frequencies},
                        {"whole_blocks", answer.plan->whole_blocks},
                        {"root_mean_square", answer.plan->root_mean_square},
                        {"statement", answer.plan->statement},
                        {"warning", answer.plan->warning},
                        {"reachable", answer.reachable}};
  }
  return to_text(document);
}

void print(const std::string& text) {
  io::OutputFile out("-");
  out.write(text);
  out.commit();
}

/// Data that no option describes have unit scale.
Kernel kernel_of_unit_scale(const Options& options) {
  KernelOptions kernel = options.kernel;
  const Matrix<double> none(2, 1);
  if (std::holds_alternative<SoftmaxKernel>(parse_kernel_options(kernel))) {
    if (kernel.scale.empty() && kernel.kernel.find('(') == std::string::npos) kernel.scale = "1";
  } else if (kernel.lengthscale.empty() && kernel.kernel.find('(') == std::string::npos) {
    kernel.lengthscale = "1";
  }
  return choose_kernel(kernel, none.view());
}

Index parse_dimension(const Options& options) {
  if (options.dimension.empty())
    throw UsageError("--dimension: is needed with --norm and --radius");
  return static_cast<Index>(parse_whole("--dimension", options.dimension, 1, 1 << 20));
}

FeatureMapSpec chosen_spec(const Options& options, const Kernel& kernel, Index dimension) {
  FeatureMapSpec spec{
      .input_dim = dimension,
      .num_frequencies = 1,
      .kernel = kernel,
      .projection = parse_option("--projection", options.projection, parse_projection),
      .features = parse_option("--features", options.features, parse_features),
      .seed = {},
      .centring = {}};
  spec.num_frequencies = least_frequencies(spec);
  try {
    validate(spec);
  } catch (const InvalidArgument& error) {
    throw UsageError(error.what());
  }
  return spec;
}

std::vector<StudyPair> stated_pairs(const Options& options) {
  if (!options.pairs.empty()) {
    InputOptions from;
    from.path = options.pairs;
    return pairs_from(read_input(from));
  }
  std::vector<double> norms;
  for (const std::string& item : parse_list("--norm", options.norms)) {
    norms.push_back(parse_positive("--norm", item));
  }
  const Index dimension = parse_dimension(options);
  if (dimension < 2) throw UsageError("--dimension: an angle needs at least 2");
  return pairs_at(dimension, norms, parse_angles("--angle", options.angles));
}

void run_pairs(const Options& options) {
  const ErrorTarget target = parse_target(options);
  const auto basis = parse_name<Basis>("--basis", options.basis);
  const auto budget =
      static_cast<Index>(parse_whole("--budget", options.budget, 2, std::uint64_t{1} << 40));
  const std::vector<StudyPair> pairs = stated_pairs(options);
  const Kernel kernel = kernel_of_unit_scale(options);
  try {
    const std::vector<PairPlan> ranking = plan_pairs(kernel, pairs, target, basis, budget);
    if (options.features.empty() && ranking.empty()) {
      throw UsageError("--basis: no map for it goes with " + to_text(kernel));
    }
    const PairPlan planned =
        options.features.empty()
            ? ranking.front()
            : plan_pairs(chosen_spec(options, kernel, static_cast<Index>(pairs.front().x.size())),
                         pairs, target, basis, budget);
    const std::vector<BasisPlan> bases = all_bases(planned, pairs, target);
    if (!options.json) {
      print(pairs_text(kernel, ranking, planned, bases));
      return;
    }
    nlohmann::ordered_json document = identity("plan", {1});
    document.update(pairs_json(kernel, ranking, planned, bases));
    print(to_text(document));
  } catch (const InvalidArgument& error) {
    throw UsageError(error.what());
  }
}

void run_ball(const Options& options) {
  ErrorTarget target = parse_target(options);
  target.unit = ErrorUnit::absolute;
  const double radius = parse_positive("--radius", options.radius);
  const Index dimension = parse_dimension(options);
  const Kernel kernel = kernel_of_unit_scale(options);
  Options chosen = options;
  if (chosen.features.empty()) {
    const bool softmax = std::holds_alternative<SoftmaxKernel>(kernel);
    chosen.features = softmax ? "positive" : "trigonometric";
    chosen.projection = softmax ? "orthogonal" : "iid";
  }
  const FeatureMapSpec spec = chosen_spec(chosen, kernel, dimension);
  FrequencyPlan plan;
  try {
    plan = frequencies_needed_uniformly(spec, radius, target);
  } catch (const InvalidArgument& error) {
    throw UsageError(error.what());
  }
  if (options.json) {
    nlohmann::ordered_json document = identity("plan", {1});
    document["kernel"] = to_text(kernel);
    document["spec"] = to_text(spec);
    document["radius"] = radius;
    document["plan"] = {{"num_frequencies", plan.num_frequencies},
                        {"statement", plan.statement},
                        {"warning", plan.warning}};
    print(to_text(document));
    return;
  }
  std::string text = "kernel " + to_text(kernel) + ", " + to_text(spec.features) + ", " +
                     to_text(spec.projection) + ", ball of radius " + options.radius + " in " +
                     std::to_string(dimension) + " dimensions\n" + plan.statement;
  if (plan.num_frequencies != 0) {
    text += ": " + std::to_string(plan.num_frequencies) + " frequencies";
  }
  text += "\n";
  if (!plan.warning.empty()) text += "warning: " + plan.warning + "\n";
  print(text);
}

void run_data(const Options& options) {
  // What is wrong with the command line is said before the data are read.
  if (!options.error.empty()) parse_target(options);
  static_cast<void>(parse_name<Basis>("--basis", options.basis));
  static_cast<void>(parse_kernel_options(options.kernel));
  static_cast<void>(read_options(options.input));
  const Input input = read_input(options.input);
  const Kernel kernel = choose_kernel(options.kernel, input.rows.view());
  const Answer result = answer(options, kernel, input.rows.view());
  print(options.json ? json_of(options, input, kernel, result) : text_of(kernel, result));
}

void run_plan(const Options& options) {
  const int subjects =
      static_cast<int>(!options.input.path.empty()) + static_cast<int>(!options.pairs.empty()) +
      static_cast<int>(!options.norms.empty()) + static_cast<int>(!options.radius.empty());
  if (subjects != 1) {
    throw UsageError("expected one of --input, --pairs, --norm and --radius: what to plan for");
  }
  if (!options.input.path.empty()) {
    run_data(options);
  } else if (options.error.empty()) {
    throw UsageError("--error: is needed for pairs and for a ball");
  } else if (options.radius.empty()) {
    run_pairs(options);
  } else {
    run_ball(options);
  }
}

}  // namespace

std::function<void()> declare_plan(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  declare(app, *options);
  return [options] { run_plan(*options); };
}

}  // namespace bochner::cli
