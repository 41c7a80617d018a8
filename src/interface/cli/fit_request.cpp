// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/fit_request.hpp"

#include "bochner/kernel/options.hpp"
#include "interface/cli/map_choice.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"
#include "interface/cli/unused_options.hpp"
#include "io/message.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

namespace bochner::cli {
namespace {

void set_criterion(const std::string& text, pipeline::SearchPlan& plan) {
  constexpr std::string_view kFold = "-fold";
  if (text == "loo") {
    plan.criterion = Criterion::leave_one_out;
  } else if (text == "gcv") {
    plan.criterion = Criterion::generalised_cross_validation;
  } else if (text == "evidence") {
    plan.criterion = Criterion::evidence;
  } else if (text.ends_with(kFold)) {
    plan.num_folds = static_cast<Index>(
        parse_whole("--validate", text.substr(0, text.size() - kFold.size()), 2, 1000));
  } else {
    throw UsageError("--validate: expected 5-fold (or another number), loo, gcv or evidence, got " +
                     io::quoted(text));
  }
}

Solver solver_of(const FitArguments& options, const pipeline::FitRequest& request) {
  if (options.solver == "iterative") {
    if (request.posterior == Posterior::full) {
      throw UsageError("--solver iterative: a full posterior needs cholesky");
    }
    if (request.objective == pipeline::Objective::logistic) {
      throw UsageError("--solver iterative: is for the squared loss");
    }
    if (options.resume) throw UsageError("--resume: an iterative fit has no checkpoints");
    return Solver::conjugate_gradients;
  }
  if (options.solver == "cholesky") return Solver::cholesky;
  if (options.solver == "auto") return Solver::automatic;
  throw UsageError("--solver: expected auto, cholesky or iterative, got " +
                   io::quoted(options.solver));
}

/// The entries of a list, which may be empty.
std::vector<std::string> entries(const std::string& option, const std::string& text) {
  return text.empty() ? std::vector<std::string>{} : parse_list(option, text);
}

}  // namespace

void declare_fit_arguments(CLI::App& app, FitArguments& options) {
  declare_input(app, options.input, "-d,--data");
  app.add_option("--target", options.target, "Columns to predict, by name or number")
      ->type_name("LIST")
      ->required();
  app.add_option("--task", options.task,
                 "regress, or classify: the target's values, numbers or words, are classes")
      ->type_name("TASK")
      ->capture_default_str();
  app.add_option("--loss", options.loss,
                 "squared, or for classes logistic: probabilities, with the rows held in memory")
      ->type_name("LOSS")
      ->capture_default_str();
  declare_kernel(app, options.kernel);
  app.get_option("--lengthscale")
      ->description(
          "Lengthscale of a shift-invariant kernel: auto (default): one per column, searched "
          "for; a number, or median");
  app.add_option("--features", options.features,
                 "Feature function: auto (the kernel's; trigonometric as a rule), " +
                     names_of<FeatureFunction>())
      ->type_name("FEATURES")
      ->capture_default_str();
  app.add_option("--projection", options.projection,
                 "Projection: auto (orthogonal as a rule), " + names_of<Projection>())
      ->type_name("PROJECTION")
      ->capture_default_str();
  app.add_option("--frequencies", options.frequencies,
                 "Frequencies; trigonometric features are two per frequency")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_option(
         "--ridge", options.ridge,
         "Penalty on |theta|^2 beside the mean squared error (scikit-learn's alpha over the "
         "number of rows)")
      ->type_name("VALUE")
      ->capture_default_str();
  app.add_option("--solver", options.solver,
                 "cholesky: one pass over the rows, with checkpoints, and D^2 numbers, D features; "
                 "iterative: conjugate gradients, many passes and D^2 / 16; auto: cholesky up to "
                 "8,192 features")
      ->type_name("WHICH")
      ->capture_default_str();
  app.add_option("--validate", options.validate,
                 "Criterion of the search: 5-fold (any number), loo, gcv or evidence")
      ->type_name("HOW")
      ->capture_default_str();
  app.add_option(
         "--groups", options.groups,
         "Columns whose rows of equal values (words or numbers) are held out together, such as a "
         "station; they are inputs only where --columns says so")
      ->type_name("LIST");
  app.add_option("--weights", options.weights,
                 "A column that says how much each row counts; rows of weight 0 are ignored")
      ->type_name("COLUMN");
  app.add_option("--posterior", options.posterior,
                 "mean, or full: the model holds what variances need, half a number per pair of "
                 "features")
      ->type_name("WHAT")
      ->capture_default_str();
  app.add_option("--precision", options.precision, "Precision of the features: single or double")
      ->type_name("WHICH")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Seed of the frequencies")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Threads; 0 leaves it to OMP_NUM_THREADS")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_option("-o,--output", options.output, "The model's file")->type_name("FILE")->required();
  app.add_option(
         "--report", options.report,
         "Also write report.json, the path of ridges (path.csv, path.svg) and, for a "
         "regression, rows predicted without themselves (predicted.svg) into this directory")
      ->type_name("DIR");
  app.add_option("--checkpoint-seconds", options.checkpoint_seconds,
                 "Time between checkpoints, in FILE.checkpoint0 and FILE.checkpoint1")
      ->type_name("SECONDS")
      ->capture_default_str();
  app.add_flag("--resume", options.resume, "Go on from the checkpoint, if there is one");
  app.add_flag("--json", options.json, "Print JSON");
  app.footer(
      "Reads the file twice, by blocks of rows: once for means, deviations and rows to search on,\n"
      "once for the sums of least squares, whose size does not depend on the number of rows.\n"
      "Inputs are standardised; the model's file says how. An interrupt leaves a checkpoint.\n\n"
      "Example:\n"
      "  bochner fit --data train.csv --target price --frequencies 1024 -o model.safetensors");
}

pipeline::FitRequest parse_fit(const FitArguments& options) {
  constexpr auto kAny = std::numeric_limits<std::uint64_t>::max();
  constexpr std::uint64_t kMostFrequencies = std::uint64_t{1} << 40;
  pipeline::FitRequest out;
  out.data = options.input.path;
  out.reading = read_options(options.input);
  out.columns = {.targets = parse_list("--target", options.target),
                 .groups = entries("--groups", options.groups),
                 .weights = entries("--weights", options.weights)};
  if (options.task == "classify") {
    out.task = pipeline::Task::classify;
  } else if (options.task != "regress") {
    throw UsageError("--task: expected regress or classify, got '" + options.task + "'");
  }
  if (options.loss == "logistic") {
    out.objective = pipeline::Objective::logistic;
    if (out.task != pipeline::Task::classify) {
      throw UsageError("--loss logistic: is for classes, expected --task classify");
    }
    if (options.resume) {
      throw UsageError("--resume: a logistic regression has no checkpoints");
    }
  } else if (options.loss != "squared") {
    throw UsageError("--loss: expected squared or logistic, got " + io::quoted(options.loss));
  }
  KernelOptions kernel = options.kernel;
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
  out.search.lengthscales = searched && metric_of(out.spec.kernel) != nullptr
                                ? LengthscaleSearch::per_column
                                : LengthscaleSearch::fixed;
  set_criterion(options.validate, out.search);
  const MapChoice map = choose_map(out.spec.kernel, options.features, options.projection);
  out.spec.features = map.features;
  out.spec.projection = map.projection;
  out.spec.num_frequencies =
      static_cast<Index>(parse_whole("--frequencies", options.frequencies, 1, kMostFrequencies));
  out.spec.seed.value = parse_whole("--seed", options.seed, 0, kAny);
  if (options.ridge != "auto") out.ridge = parse_positive("--ridge", options.ridge);
  if (options.posterior == "full") {
    out.posterior = Posterior::full;
    if (out.task == pipeline::Task::classify) {
      throw UsageError("--posterior full: is of a regression, not of classes");
    }
  } else if (options.posterior != "mean") {
    throw UsageError("--posterior: expected mean or full, got " + io::quoted(options.posterior));
  }
  out.solver = solver_of(options, out);
  out.checkpoint_interval = std::chrono::duration<double>(
      parse_positive("--checkpoint-seconds", options.checkpoint_seconds));
  if (options.resume) out.resume = pipeline::Resume::if_unfinished;
  out.execution.num_threads = static_cast<int>(parse_whole("--threads", options.threads, 0, 4096));
  if (options.precision == "double") {
    out.arithmetic = Arithmetic::double_precision;
  } else if (options.precision != "single") {
    throw UsageError("--precision: expected single or double, got '" + options.precision + "'");
  }
  if (options.output == "-") {
    throw UsageError("--output: the model is a file, the standard output says how it went");
  }
  out.output = options.output;
  if (!options.report.empty()) out.study = pipeline::StudyFit::path_and_left_out;
  refuse_unused(options, out);
  return out;
}

}  // namespace bochner::cli
