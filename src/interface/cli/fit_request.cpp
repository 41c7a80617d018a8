// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/fit_request.hpp"

#include "interface/cli/choices.hpp"
#include "interface/cli/map_choice.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"
#include "interface/cli/unused_options.hpp"
#include "io/message.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace bochner::cli {
namespace {

void declare_columns(CLI::App& app, FitArguments& arguments) {
  declare_input(app, arguments.input, "-d,--data");
  declare_text(app, "--target", arguments.target, "LIST", "Columns to predict, by name or number")
      ->required();
  declare_text(app, "--task", arguments.task, "TASK",
               "regress, or classify: the target's values, numbers or words, are classes");
  declare_text(app, "--loss", arguments.loss, "LOSS",
               "squared, or for classes logistic: probabilities, with the rows held in memory");
}

void declare_map(CLI::App& app, FitArguments& arguments) {
  declare_kernel(app, arguments.kernel);
  app.get_option("--lengthscale")
      ->description(
          "Lengthscale of a shift-invariant kernel: auto (default): one per column, searched "
          "for; a number, or median");
  declare_features(app, arguments.features);
  declare_text(app, "--projection", arguments.projection, "PROJECTION",
               "Projection: auto (orthogonal as a rule), " + names_of<Projection>());
  declare_text(app, "--frequencies", arguments.frequencies, "COUNT",
               "Frequencies; trigonometric features are two per frequency");
}

void declare_regression(CLI::App& app, FitArguments& arguments) {
  declare_text(app, "--ridge", arguments.ridge, "VALUE",
               "Penalty on |theta|^2 beside the mean squared error (scikit-learn's alpha over the "
               "number of rows)");
  declare_text(app, "--solver", arguments.solver, "WHICH",
               "cholesky: one pass over the rows, with checkpoints, and D^2 numbers, D features; "
               "iterative: conjugate gradients, many passes and D^2 / 16; auto: cholesky up to "
               "8,192 features");
  declare_text(app, "--validate", arguments.validate, "HOW",
               "Criterion of the search: 5-fold (any number), loo, gcv or evidence");
  declare_text(app, "--groups", arguments.groups, "LIST",
               "Columns whose rows of equal values (words or numbers) are held out together, such "
               "as a station; they are inputs only where --columns says so");
  declare_text(app, "--weights", arguments.weights, "COLUMN",
               "A column that says how much each row counts; rows of weight 0 are ignored");
  declare_text(app, "--posterior", arguments.posterior, "WHAT",
               "mean, or full: the model holds what variances need, half a number per pair of "
               "features");
  declare_text(app, "--intervals", arguments.intervals, "HOW",
               "none, 10-fold (any number) or, for a regression of up to some thousands of rows, "
               "loo: the model holds what predict --interval needs, from fits without folds or "
               "rows (whole groups, with --groups), with the rows held in memory");
  app.add_flag("--feature-errors", arguments.feature_errors,
               "Of a regression: the model holds what predict --feature-error needs, from at most "
               "64 fits (200 of fewer than eight blocks) that imitate other frequencies");
}

/// The number before "-fold", if the text ends so.
std::optional<Index> parse_folds(const std::string& option, const std::string& text) {
  constexpr std::string_view kFold = "-fold";
  if (!text.ends_with(kFold)) return std::nullopt;
  return static_cast<Index>(
      parse_whole(option, text.substr(0, text.size() - kFold.size()), 2, 1000));
}

pipeline::IntervalPlan parse_intervals(const std::string& text, pipeline::Task task) {
  constexpr const char* kOption = "--intervals";
  if (text == "none") return {};
  if (const auto folds = parse_folds(kOption, text)) return {pipeline::HeldOut::folds, *folds};
  if (text != "loo") {
    throw UsageError(std::string(kOption) +
                     ": expected 10-fold (or another number), loo or none, got " +
                     io::quoted(text));
  }
  if (task == pipeline::Task::classify) {
    throw UsageError(std::string(kOption) + " loo: is of a regression, expected 10-fold");
  }
  return {.held_out = pipeline::HeldOut::rows};
}

void set_criterion(const std::string& text, pipeline::SearchPlan& plan) {
  if (const auto criterion = find_choice<Criterion>(text)) {
    plan.criterion = *criterion;
  } else if (const auto folds = parse_folds("--validate", text)) {
    plan.num_folds = *folds;
  } else {
    throw UsageError("--validate: expected 5-fold (or another number), " +
                     words_of(choices_of<Criterion>()) + ", got " + io::quoted(text));
  }
}

Solver parse_solver(const FitArguments& arguments, const pipeline::FitRequest& request) {
  const auto solver = parse_choice<Solver>("--solver", arguments.solver);
  if (solver != Solver::conjugate_gradients) return solver;
  if (request.intervals.held_out != pipeline::HeldOut::none) {
    throw UsageError("--solver iterative: --intervals needs cholesky");
  }
  if (request.feature_errors) {
    throw UsageError("--solver iterative: --feature-errors needs cholesky");
  }
  if (request.posterior == Posterior::full) {
    throw UsageError("--solver iterative: a full posterior needs cholesky");
  }
  if (request.objective == pipeline::Objective::logistic) {
    throw UsageError("--solver iterative: is for the squared loss");
  }
  if (arguments.resume) throw UsageError("--resume: an iterative fit has no checkpoints");
  return solver;
}

/// The entries of a list, which may be empty.
std::vector<std::string> entries(const std::string& option, const std::string& text) {
  return text.empty() ? std::vector<std::string>{} : parse_list(option, text);
}

void parse_task(const FitArguments& arguments, pipeline::FitRequest& out) {
  out.task = parse_choice<pipeline::Task>("--task", arguments.task);
  out.objective = parse_choice<pipeline::Objective>("--loss", arguments.loss);
  if (out.objective != pipeline::Objective::logistic) return;
  if (out.task != pipeline::Task::classify) {
    throw UsageError("--loss logistic: is for classes, expected --task classify");
  }
  if (arguments.resume) throw UsageError("--resume: a logistic regression has no checkpoints");
}

void parse_kernel_of(const FitArguments& arguments, pipeline::FitRequest& out) {
  KernelOptions kernel = arguments.kernel;
  const bool scaled =
      says_scale(kernel) || !kernel.scale.empty() || !kernel.mean_square_sum.empty();
  const bool searched = kernel.lengthscale == "auto" || (kernel.lengthscale.empty() && !scaled);
  if (kernel.lengthscale == "auto") {
    kernel.lengthscale.clear();
    if (scaled) throw UsageError("--lengthscale auto: the scale is said already");
  }
  KernelChoice choice = parse_kernel_choice(kernel);
  out.scale = choice.scale;
  out.spec.kernel = std::move(choice.kernel);
  out.search.lengthscales = searched ? LengthscaleSearch::per_column : LengthscaleSearch::fixed;
}

void parse_map(const FitArguments& arguments, FeatureMapSpec& spec) {
  constexpr std::uint64_t kMostFrequencies = std::uint64_t{1} << 40;
  const MapChoice map = choose_map(spec.kernel, arguments.features, arguments.projection);
  spec.features = map.features;
  spec.projection = map.projection;
  spec.num_frequencies =
      static_cast<Index>(parse_whole("--frequencies", arguments.frequencies, 1, kMostFrequencies));
  spec.seed = parse_seed(arguments.seed);
}

}  // namespace

void declare_fit_arguments(CLI::App& app, FitArguments& arguments) {
  declare_columns(app, arguments);
  declare_map(app, arguments);
  declare_regression(app, arguments);
  declare_precision(app, arguments.precision);
  declare_seed(app, arguments.seed, "Seed of the frequencies");
  declare_threads(app, arguments.threads);
  declare_output(app, arguments.output, "The model's file")->required();
  declare_report(app, arguments.report,
                 "Also write report.json, the path of ridges (path.csv, path.svg) and, for a "
                 "regression, rows predicted without themselves (predicted.svg) into this "
                 "directory");
  declare_checkpoint_seconds(app, arguments.checkpoint_seconds,
                             "Time between checkpoints, in FILE.checkpoint0 and FILE.checkpoint1");
  app.add_flag("--resume", arguments.resume, "Go on from the checkpoint, if there is one");
  declare_json(app, arguments.json);
  app.footer(
      "Reads the file twice, by blocks of rows: once for means, deviations and rows to search on,\n"
      "once for the sums of least squares, whose size does not depend on the number of rows.\n"
      "Inputs are standardised; the model's file says how. An interrupt leaves a checkpoint.\n"
      "Under mpirun each rank reads one of the files that a pattern names; rank 0 writes.\n\n"
      "Example:\n"
      "  bochner fit --data train.csv --target price --frequencies 1024 -o model.safetensors");
}

pipeline::FitRequest parse_fit(const FitArguments& arguments) {
  pipeline::FitRequest out;
  out.data = arguments.input.path;
  out.reading = read_options(arguments.input);
  out.columns = {.targets = parse_list("--target", arguments.target),
                 .groups = entries("--groups", arguments.groups),
                 .weights = entries("--weights", arguments.weights)};
  parse_task(arguments, out);
  parse_kernel_of(arguments, out);
  set_criterion(arguments.validate, out.search);
  parse_map(arguments, out.spec);
  if (arguments.ridge != "auto") out.ridge = parse_positive("--ridge", arguments.ridge);
  out.posterior = parse_choice<Posterior>("--posterior", arguments.posterior);
  if (out.posterior == Posterior::full && out.task == pipeline::Task::classify) {
    throw UsageError("--posterior full: is of a regression, not of classes");
  }
  out.intervals = parse_intervals(arguments.intervals, out.task);
  if (arguments.feature_errors) {
    if (out.task == pipeline::Task::classify) {
      throw UsageError("--feature-errors: is of a regression, not of classes");
    }
    out.feature_errors = FeatureErrorOptions{.seed = out.spec.seed};
  }
  out.solver = parse_solver(arguments, out);
  out.checkpoint_interval = parse_checkpoint_seconds(arguments.checkpoint_seconds);
  if (arguments.resume) out.resume = pipeline::Resume::if_unfinished;
  out.execution = parse_threads(arguments.threads);
  out.arithmetic = parse_arithmetic(arguments.precision);
  if (arguments.output == "-") {
    throw UsageError("--output: the model is a file, the standard output says how it went");
  }
  out.output = arguments.output;
  if (!arguments.report.empty()) out.study = pipeline::StudyFit::path_and_left_out;
  refuse_unused(arguments, out);
  return out;
}

}  // namespace bochner::cli
