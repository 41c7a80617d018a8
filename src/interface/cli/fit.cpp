// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/groups.hpp"
#include "bochner/client/regression/search.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/identity.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/kernel_choice.hpp"
#include "interface/cli/memory.hpp"
#include "interface/cli/numbers.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/progress.hpp"
#include "interface/cli/registry.hpp"
#include "interface/cli/streaming_fit.hpp"
#include "interface/io/archive_file.hpp"
#include "interface/io/message.hpp"
#include "interface/io/output_file.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace bochner::cli {
namespace {

struct Options {
  InputOptions input;
  KernelOptions kernel;
  std::string target;
  std::string task = "regress";
  std::string features = "trigonometric";
  std::string projection = "orthogonal";
  std::string frequencies = "1024";
  std::string ridge = "auto";
  std::string validate = "5-fold";
  std::string groups;
  std::string precision = "single";
  std::string seed = "1";
  std::string threads = "0";
  std::string output;
  std::string checkpoint_seconds = "60";
  bool resume = false;
  bool json = false;
};

void declare(CLI::App& app, Options& options) {
  declare_input(app, options.input, "-d,--data");
  app.add_option("--target", options.target, "Columns to predict, by name or number")
      ->type_name("LIST")
      ->required();
  app.add_option("--task", options.task,
                 "regress, or classify: the target's values are classes, one least-squares output "
                 "each")
      ->type_name("TASK")
      ->capture_default_str();
  declare_kernel(app, options.kernel);
  app.get_option("--lengthscale")
      ->description(
          "Lengthscale of a shift-invariant kernel: auto (default): one a column, searched "
          "for; a number, or median");
  app.add_option("--features", options.features, "Feature function: " + names_of<FeatureFunction>())
      ->type_name("FEATURES")
      ->capture_default_str();
  app.add_option("--projection", options.projection, "Projection: " + names_of<Projection>())
      ->type_name("PROJECTION")
      ->capture_default_str();
  app.add_option("--frequencies", options.frequencies,
                 "Frequencies; trigonometric features are two a frequency")
      ->type_name("COUNT")
      ->capture_default_str();
  app.add_option(
         "--ridge", options.ridge,
         "Penalty on |theta|^2 beside the mean squared error (scikit-learn's alpha over the "
         "number of rows)")
      ->type_name("VALUE")
      ->capture_default_str();
  app.add_option("--validate", options.validate,
                 "What the search goes by: 5-fold (any number), loo, gcv or evidence")
      ->type_name("HOW")
      ->capture_default_str();
  app.add_option(
         "--groups", options.groups,
         "Columns whose rows of equal values are held out together, such as a station's place")
      ->type_name("LIST");
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

constexpr const char* kRidge = "checkpoint_ridge";

/// How what is left open is chosen.
struct SearchPlan {
  LengthscaleSearch lengthscales = LengthscaleSearch::fixed;
  Criterion criterion = Criterion::k_fold;
  Index num_folds = 5;
};

void set_criterion(const std::string& text, SearchPlan& plan) {
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

bool has_lengthscale(const Kernel& kernel) {
  return std::visit(
      [](const auto& k) {
        return requires { k.metric; };
      },
      kernel);
}

/// Everything that can be known before the data are.
struct Request {
  Task task = Task::regress;
  FeatureMapSpec spec;
  KernelOptions kernel;  ///< with nothing left to search
  SearchPlan search;
  std::optional<double> ridge;
  double checkpoint_seconds = 0.0;
  Execution execution;
  bool single = true;
};

Request parse(const Options& options) {
  constexpr auto kAny = std::numeric_limits<std::uint64_t>::max();
  constexpr std::uint64_t kMostFrequencies = std::uint64_t{1} << 40;
  Request out;
  if (options.task == "classify") {
    out.task = Task::classify;
  } else if (options.task != "regress") {
    throw UsageError("--task: expected regress or classify, got '" + options.task + "'");
  }
  out.kernel = options.kernel;
  const bool whole = options.kernel.kernel.find('(') != std::string::npos;
  const bool scaled =
      whole || !options.kernel.scale.empty() || !options.kernel.mean_square_sum.empty();
  if (out.kernel.lengthscale == "auto") {
    out.kernel.lengthscale.clear();
    if (scaled) throw UsageError("--lengthscale auto: the scale is said already");
    out.search.lengthscales = LengthscaleSearch::per_column;
  } else if (out.kernel.lengthscale.empty() && !scaled) {
    out.search.lengthscales = LengthscaleSearch::per_column;
  }
  out.spec.kernel = parse_kernel_options(out.kernel);
  if (!has_lengthscale(out.spec.kernel)) out.search.lengthscales = LengthscaleSearch::fixed;
  set_criterion(options.validate, out.search);
  out.spec.features = parse_option("--features", options.features, parse_features);
  out.spec.projection = parse_option("--projection", options.projection, parse_projection);
  if (const auto reason =
          incompatibility(out.spec.kernel, out.spec.projection, out.spec.features)) {
    throw UsageError(*reason);
  }
  out.spec.num_frequencies =
      static_cast<Index>(parse_whole("--frequencies", options.frequencies, 1, kMostFrequencies));
  out.spec.seed.value = parse_whole("--seed", options.seed, 0, kAny);
  if (options.ridge != "auto") out.ridge = parse_positive("--ridge", options.ridge);
  out.checkpoint_seconds = parse_positive("--checkpoint-seconds", options.checkpoint_seconds);
  out.execution.num_threads = static_cast<int>(parse_whole("--threads", options.threads, 0, 4096));
  if (options.precision == "double") {
    out.single = false;
  } else if (options.precision != "single") {
    throw UsageError("--precision: expected single or double, got '" + options.precision + "'");
  }
  if (options.output == "-") {
    throw UsageError("--output: the model is a file, the standard output says how it went");
  }
  static_cast<void>(read_options(options.input));
  return out;
}

Standardisation standardisation_of(const TrainingSummary& summary, Index inputs) {
  Standardisation out{{summary.mean.begin(), summary.mean.begin() + inputs},
                      {summary.deviation.begin(), summary.deviation.begin() + inputs}};
  for (double& scale : out.scale) {
    if (!(scale > 0.0)) scale = 1.0;  // a constant column stays at zero
  }
  return out;
}

/// All that the bits of the result depend on.
std::string run_identity(const TrainingFile& file, const TrainingSummary& summary,
                         const Options& options, const Request& request) {
  const nlohmann::ordered_json run = {{"version", identity("fit", {})["version"]},
                                      {"instruction_set", instruction_set()},
                                      {"sha256", summary.digest},
                                      {"inputs", file.inputs()},
                                      {"targets", file.targets()},
                                      {"groups", file.groups()},
                                      {"classes", summary.classes},
                                      {"map", to_text(request.spec)},
                                      {"lengthscale", options.kernel.lengthscale},
                                      {"scale", options.kernel.scale},
                                      {"mean_square_sum", options.kernel.mean_square_sum},
                                      {"ridge", options.ridge},
                                      {"validate", options.validate},
                                      {"precision", options.precision}};
  return run.dump();
}

void require_room(const Request& request, Index outputs) {
  const double features = static_cast<double>(num_features(request.spec) + outputs + 1);
  // The sums, their copy for the solver, a copy on its way to the disk, and the frequencies.
  require_memory(
      "--frequencies " + std::to_string(request.spec.num_frequencies),
      8.0 * (3.0 * features * features + 2.0 * static_cast<double>(request.spec.num_frequencies) *
                                             static_cast<double>(request.spec.input_dim)));
}

/// The search on the rows that were kept of the file.
template <Scalar T>
SearchResult search_sample(const TrainingFile& file, const TrainingSummary& summary,
                           const Request& request, const FitPlan& plan) {
  const MatrixView<const double> rows = summary.sample.view();
  Matrix<T> x(rows.rows, file.num_inputs());
  plan.standardisation.apply<T>(rows.middle_cols(0, file.num_inputs()), x.view());
  Matrix<T> y(rows.rows, summary.classes.empty() ? file.num_targets()
                                                 : static_cast<Index>(summary.classes.size()));
  set_targets<T>(rows.middle_cols(file.num_inputs(), file.num_targets()), summary.classes,
                 y.view());
  SearchOptions options;
  options.lengthscales = request.search.lengthscales;
  options.criterion = request.search.criterion;
  options.num_folds = request.search.num_folds;
  options.seed = request.spec.seed;
  if (request.ridge) options.ridges = {*request.ridge};
  if (!summary.classes.empty()) options.loss = Loss::misclassification;
  if (!file.groups().empty()) {
    Matrix<double> groups(rows.rows, static_cast<Index>(file.groups().size()));
    Index to = 0;
    for (const Index from : file.group_places()) {
      for (Index i = 0; i < rows.rows; ++i) groups(i, to) = rows(i, from);
      ++to;
    }
    options.groups = group_labels<double>(std::as_const(groups).view());
  }
  Progress progress("search", static_cast<double>(options.max_candidates), "candidates");
  options.on_candidate = [&](const SearchCandidate&) { progress.advance(1.0); };
  return search_hyperparameters<T>(plan.spec, {std::as_const(x).view(), std::as_const(y).view()},
                                   options, plan.execution);
}

/// Kernel and ridge, searched for where they were left open, into `plan`.
std::optional<SearchResult> choose(const TrainingFile& file, const TrainingSummary& summary,
                                   const Request& request, FitPlan& plan) {
  const MatrixView<const double> inputs = summary.sample.view().middle_cols(0, file.num_inputs());
  Matrix<double> x(inputs.rows, inputs.cols);
  plan.standardisation.apply<double>(inputs, x.view());
  try {
    plan.spec.kernel = request.search.lengthscales == LengthscaleSearch::fixed
                           ? choose_kernel(request.kernel, std::as_const(x).view())
                           : request.spec.kernel;
    validate(plan.spec);
  } catch (const InvalidArgument& error) {
    throw UsageError(error.what());
  }
  const bool fixed = request.search.lengthscales == LengthscaleSearch::fixed;
  if (fixed && request.ridge) {
    plan.ridge.ridge = *request.ridge;
    return std::nullopt;
  }
  SearchResult found = request.single ? search_sample<float>(file, summary, request, plan)
                                      : search_sample<double>(file, summary, request, plan);
  plan.spec = found.spec;
  plan.ridge.ridge = found.ridge;
  return found;
}

std::string report_text(const Options& options, const Model& model, const FitOutcome& outcome,
                        const std::optional<SearchResult>& search, const Execution& execution) {
  std::string out = "# bochner fit, instruction set " + instruction_set() + ", threads " +
                    std::to_string(thread_count(execution)) + "\n";
  out += "data      " + options.input.path + ", " + std::to_string(model.num_rows) + " rows, " +
         std::to_string(model.inputs.size()) + " inputs\n";
  if (!model.classes.empty()) {
    out += "classes   " + std::to_string(model.classes.size()) + "\n";
  }
  out += "map       " + to_text(model.spec()) + "\n";
  out += "ridge     " + shortest(model.ridge()) + "\n";
  if (search) {
    out += "search    " + std::to_string(search->candidates.size()) + " candidates, " +
           options.validate + " score " + significant(search->score, 4) + " +- " +
           significant(search->standard_error, 2);
    if (search->num_groups > 0) out += ", " + std::to_string(search->num_groups) + " groups";
    out += "\n";
  }
  const auto fresh = static_cast<double>(model.num_rows - outcome.resumed_rows);
  out += "time      " + duration(outcome.seconds) + ", " + significant(fresh / outcome.seconds, 3) +
         " rows/s";
  if (outcome.resumed_rows > 0) {
    out += ", after " + std::to_string(outcome.resumed_rows) + " rows of a checkpoint";
  }
  return out + "\nmodel     " + options.output + "\n";
}

std::string report_json(const Options& options, const Model& model, const FitOutcome& outcome,
                        const std::optional<SearchResult>& search, const Execution& execution) {
  nlohmann::ordered_json out = identity("fit", execution);
  out["input"] = {{"path", options.input.path},
                  {"sha256", model.data_digest},
                  {"rows", model.num_rows},
                  {"columns", model.inputs}};
  out["targets"] = model.targets;
  out["classes"] = model.classes;
  out["map"] = to_text(model.spec());
  out["ridge"] = model.ridge();
  if (search) {
    out["search"] = {{"validate", options.validate},
                     {"candidates", search->candidates.size()},
                     {"score", search->score},
                     {"standard_error", search->standard_error},
                     {"groups", search->num_groups}};
  }
  out["seconds"] = outcome.seconds;
  out["resumed_rows"] = outcome.resumed_rows;
  out["model"] = options.output;
  return to_text(out);
}

void run_fit(const Options& options) {
  Request request = parse(options);
  const TrainingFile file(options.input, options.target, options.groups);
  if (request.task == Task::classify && file.num_targets() != 1) {
    throw UsageError("--task classify: expected one target, got " +
                     std::to_string(file.num_targets()));
  }
  const TrainingSummary summary = summarise(file, request.task);
  request.spec.input_dim = file.num_inputs();
  const Index outputs = request.task == Task::classify ? static_cast<Index>(summary.classes.size())
                                                       : file.num_targets();
  require_room(request, outputs);
  Checkpoint checkpoint(options.output, run_identity(file, summary, options, request));
  if (!options.resume && checkpoint.exists()) {
    throw FileError(checkpoint.name() +
                    ": an unfinished run is there; --resume goes on with it, removing it begins "
                    "again");
  }
  const std::optional<Archive> begun = options.resume ? checkpoint.load() : std::nullopt;
  // Before the work, so that a folder that cannot be written is known now.
  io::OutputFile out(options.output);
  FitPlan plan{.spec = request.spec,
               .ridge = {},
               .standardisation = standardisation_of(summary, file.num_inputs()),
               .execution = request.execution,
               .checkpoint_interval = std::chrono::duration<double>(request.checkpoint_seconds),
               .unsaved = {},
               .words = {}};
  std::optional<SearchResult> search;
  if (begun) {
    plan.spec = parse_spec(begun->word("map"));
    plan.ridge.ridge = begun->number(kRidge);
  } else {
    const auto start = std::chrono::steady_clock::now();
    search = choose(file, summary, request, plan);
    plan.unsaved = std::chrono::steady_clock::now() - start;
  }
  plan.words = {{kRidge, shortest(plan.ridge.ridge)}};
  FitOutcome outcome;
  const auto fit = [&]<Scalar T>(T /*precision*/) {
    return Model{file.inputs(),
                 file.targets(),
                 summary.classes,
                 plan.standardisation,
                 summary.digest,
                 summary.rows,
                 fit_file<T>(file, summary, plan, checkpoint, begun, outcome)};
  };
  const Model model = request.single ? fit(float{}) : fit(double{});
  io::write_archive(out, to_archive(model));
  out.commit();
  checkpoint.remove();
  io::OutputFile text("-");
  text.write(options.json ? report_json(options, model, outcome, search, request.execution)
                          : report_text(options, model, outcome, search, request.execution));
  text.commit();
}

}  // namespace

std::function<void()> declare_fit(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  declare(app, *options);
  return [options] { run_fit(*options); };
}

}  // namespace bochner::cli
