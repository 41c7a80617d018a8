// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/command.hpp"
#include "interface/cli/identity.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/kernel_choice.hpp"
#include "interface/cli/memory.hpp"
#include "interface/cli/numbers.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"
#include "interface/cli/streaming_fit.hpp"
#include "interface/io/archive_file.hpp"
#include "interface/io/output_file.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

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
  std::string ridge = "1e-6";
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
      "Reads the file twice, by blocks of rows: once for means, deviations and the lengthscale,\n"
      "once for the sums of least squares, whose size does not depend on the number of rows.\n"
      "Inputs are standardised; the model's file says how. An interrupt leaves a checkpoint.\n\n"
      "Example:\n"
      "  bochner fit --data train.csv --target price --frequencies 1024 -o model.safetensors");
}

/// Everything that can be known before the data are.
struct Request {
  Task task = Task::regress;
  FeatureMapSpec spec;
  double ridge = 0.0;
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
  out.spec.kernel = parse_kernel_options(options.kernel);
  out.spec.features = parse_option("--features", options.features, parse_features);
  out.spec.projection = parse_option("--projection", options.projection, parse_projection);
  if (const auto reason =
          incompatibility(out.spec.kernel, out.spec.projection, out.spec.features)) {
    throw UsageError(*reason);
  }
  out.spec.num_frequencies =
      static_cast<Index>(parse_whole("--frequencies", options.frequencies, 1, kMostFrequencies));
  out.spec.seed.value = parse_whole("--seed", options.seed, 0, kAny);
  out.ridge = parse_positive("--ridge", options.ridge);
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
                         const Request& request) {
  nlohmann::ordered_json run = {{"version", identity("fit", {})["version"]},
                                {"instruction_set", instruction_set()},
                                {"sha256", summary.digest},
                                {"inputs", file.inputs()},
                                {"targets", file.targets()},
                                {"classes", summary.classes},
                                {"map", to_text(request.spec)},
                                {"single", request.single}};
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

std::string report_text(const Options& options, const Model& model, const FitOutcome& outcome,
                        const Execution& execution) {
  std::string out = "# bochner fit, instruction set " + instruction_set() + ", threads " +
                    std::to_string(thread_count(execution)) + "\n";
  out += "data      " + options.input.path + ", " + std::to_string(model.num_rows) + " rows, " +
         std::to_string(model.inputs.size()) + " inputs\n";
  if (!model.classes.empty()) {
    out += "classes   " + std::to_string(model.classes.size()) + "\n";
  }
  out += "map       " + to_text(model.spec()) + "\n";
  out += "ridge     " + shortest(model.ridge()) + "\n";
  const auto fresh = static_cast<double>(model.num_rows - outcome.resumed_rows);
  out += "time      " + duration(outcome.seconds) + ", " + significant(fresh / outcome.seconds, 3) +
         " rows/s";
  if (outcome.resumed_rows > 0) {
    out += ", after " + std::to_string(outcome.resumed_rows) + " rows of a checkpoint";
  }
  return out + "\nmodel     " + options.output + "\n";
}

std::string report_json(const Options& options, const Model& model, const FitOutcome& outcome,
                        const Execution& execution) {
  nlohmann::ordered_json out = identity("fit", execution);
  out["input"] = {{"path", options.input.path},
                  {"sha256", model.data_digest},
                  {"rows", model.num_rows},
                  {"columns", model.inputs}};
  out["targets"] = model.targets;
  out["classes"] = model.classes;
  out["map"] = to_text(model.spec());
  out["ridge"] = model.ridge();
  out["seconds"] = outcome.seconds;
  out["resumed_rows"] = outcome.resumed_rows;
  out["model"] = options.output;
  return to_text(out);
}

void run_fit(const Options& options) {
  Request request = parse(options);
  const TrainingFile file(options.input, options.target);
  if (request.task == Task::classify && file.num_targets() != 1) {
    throw UsageError("--task classify: expected one target, got " +
                     std::to_string(file.num_targets()));
  }
  const TrainingSummary summary = summarise(file, request.task);
  FitPlan plan{.spec = {},
               .ridge = {.ridge = request.ridge},
               .standardisation = standardisation_of(summary, file.num_inputs()),
               .execution = request.execution,
               .checkpoint_interval = std::chrono::duration<double>(request.checkpoint_seconds)};
  Matrix<double> sample(summary.sample.rows(), summary.sample.cols());
  plan.standardisation.apply<double>(summary.sample.view(), sample.view());
  request.spec.input_dim = file.num_inputs();
  try {
    request.spec.kernel = choose_kernel(options.kernel, std::as_const(sample).view());
    validate(request.spec);
  } catch (const InvalidArgument& error) {
    throw UsageError(error.what());
  }
  plan.spec = request.spec;
  const Index outputs = request.task == Task::classify ? static_cast<Index>(summary.classes.size())
                                                       : file.num_targets();
  require_room(request, outputs);

  Checkpoint checkpoint(options.output, run_identity(file, summary, request));
  if (!options.resume && checkpoint.exists()) {
    throw FileError(checkpoint.name() +
                    ": an unfinished run is there; --resume goes on with it, removing it begins "
                    "again");
  }
  const std::optional<Archive> begun = options.resume ? checkpoint.load() : std::nullopt;
  // Before the work, so that a folder that cannot be written is known now.
  io::OutputFile out(options.output);
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
  text.write(options.json ? report_json(options, model, outcome, request.execution)
                          : report_text(options, model, outcome, request.execution));
  text.commit();
}

}  // namespace

std::function<void()> declare_fit(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  declare(app, *options);
  return [options] { run_fit(*options); };
}

}  // namespace bochner::cli
