// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/distinct_files.hpp"
#include "interface/cli/fit_report.hpp"
#include "interface/cli/fit_request.hpp"
#include "interface/cli/fit_search.hpp"
#include "interface/cli/identity.hpp"
#include "interface/cli/iterative_fit.hpp"
#include "interface/cli/logistic_fit.hpp"
#include "interface/cli/memory.hpp"
#include "interface/cli/numbers.hpp"
#include "interface/cli/print.hpp"
#include "interface/cli/report_directory.hpp"
#include "interface/cli/streaming_fit.hpp"
#include "interface/cli/usage_error.hpp"
#include "interface/io/archive_file.hpp"
#include "interface/io/output_file.hpp"
#include "interface/io/output_lock.hpp"
#include "interface/io/sha256.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bochner::cli {
namespace {

constexpr const char* kRidge = "checkpoint_ridge";

Standardisation standardisation_of(const TrainingSummary& summary, Index inputs) {
  Standardisation out{{summary.mean.begin(), summary.mean.begin() + inputs},
                      {summary.deviation.begin(), summary.deviation.begin() + inputs}};
  // A constant column stays at zero, and is measured in its own size where that is large.
  for (std::size_t c = 0; c < out.scale.size(); ++c) {
    if (out.scale[c] == 0.0) out.scale[c] = std::max(1.0, std::abs(out.centre[c]));
  }
  return out;
}

/// A digest of all that the bits of the result depend on.
std::string run_identity(const TrainingFile& file, const TrainingSummary& summary,
                         const FitArguments& options, const FitRequest& request) {
  const ReadingOptions& reading = options.input.reading;
  const nlohmann::ordered_json run = {{"version", identity("fit", {})["version"]},
                                      {"instruction_set", instruction_set()},
                                      {"sha256", summary.digest},
                                      // One file is another table where it is read in another way.
                                      {"reading",
                                       {reading.format, reading.header, reading.delimiter,
                                        reading.decimal, reading.width, reading.zero_based}},
                                      {"layout", file.layout()},
                                      {"inputs", {file.inputs().names, file.inputs().places}},
                                      {"targets", {file.targets().names, file.targets().places}},
                                      {"groups", file.groups().places},
                                      {"weights", file.weights().places},
                                      {"classes", summary.classes},
                                      {"map", to_text(request.spec)},
                                      {"lengthscale", options.kernel.lengthscale},
                                      {"scale", options.kernel.scale},
                                      {"mean_square_sum", options.kernel.mean_square_sum},
                                      {"loss", options.loss},
                                      {"ridge", options.ridge},
                                      {"validate", options.validate},
                                      {"posterior", options.posterior},
                                      {"precision", options.precision}};
  const std::string text = run.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  io::Sha256 hash;
  hash.add(std::as_bytes(std::span(text)));
  return hash.hex();
}

void require_room(const FitRequest& request, Index outputs) {
  const double features = static_cast<double>(num_features(request.spec) + outputs + 1);
  // The sums, their copy for the solver, a copy on its way to the disk; or the sketch. And the
  // frequencies.
  const double matrices = request.solver == Solver::conjugate_gradients ? 1.0 / 16.0 : 3.0;
  require_memory("--frequencies " + std::to_string(request.spec.num_frequencies),
                 8.0 * (matrices * features * features +
                        2.0 * static_cast<double>(request.spec.num_frequencies) *
                            static_cast<double>(request.spec.input_dim)),
                 "fewer of them would do");
}

/// Where the model's columns stand in the file.
std::vector<Index> model_places(const TrainingFile& file) {
  std::vector<Index> out = file.inputs().places;
  out.insert(out.end(), file.targets().places.begin(), file.targets().places.end());
  return out;
}

/// The data outlive the fit.
void refuse_overwriting(const FitArguments& options) {
  std::vector<NamedFile> written =
      report_files(options.report, {"report.json", "path.csv", "path.svg", "predicted.svg"});
  written.push_back({"--output", options.output});
  written.push_back({"--output", options.output + ".checkpoint0"});
  written.push_back({"--output", options.output + ".checkpoint1"});
  require_distinct_files({{"--data", options.input.path}}, written);
}

void run_fit(const FitArguments& options) {
  FitRequest request = parse_fit(options);
  refuse_overwriting(options);
  const io::OutputLock lock(options.output);
  std::optional<ReportDirectory> report;
  if (!options.report.empty()) report.emplace(options.report);
  const TrainingFile file(options.input, {options.target, options.groups, options.weights});
  if (request.task == Task::classify && file.num_targets() != 1) {
    throw UsageError("--task classify: expected one target, got " +
                     std::to_string(file.num_targets()));
  }
  // Before the work, as far as the file decides it.
  io::require_header(
      {.metadata = column_words(file.inputs().names, file.targets().names, model_places(file)),
       .arrays = {}},
      options.output);
  request.spec.input_dim = file.num_inputs();
  require_room(request, file.num_targets());
  const TrainingSummary summary = summarise(file, request.task, request.spec.seed);
  const Index outputs = std::max(num_classes(summary), file.num_targets());
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
               .ridge = {.posterior = request.posterior},
               .standardisation = standardisation_of(summary, file.num_inputs()),
               .execution = request.execution,
               .checkpoint_interval = std::chrono::duration<double>(request.checkpoint_seconds),
               .study = report ? StudyFit::path_and_left_out : StudyFit::none,
               .unsaved = {},
               .words = {}};
  FitSearch search;
  if (begun) {
    plan.spec = parse_spec(begun->word("map"));
    plan.ridge.ridge = begun->number(kRidge);
  } else {
    const auto start = std::chrono::steady_clock::now();
    search = choose_hyperparameters(file, summary, request, plan);
    plan.unsaved = std::chrono::steady_clock::now() - start;
  }
  plan.words = {{kRidge, shortest(plan.ridge.ridge)}};
  FitOutcome outcome;
  outcome.layout = file.layout();
  for (std::size_t c = 0; c < file.inputs().names.size(); ++c) {
    if (summary.deviation[c] == 0.0) outcome.constant.push_back(file.inputs().names[c]);
  }
  const auto fit = [&]<Scalar T>(T /*precision*/) -> decltype(Model::regression) {
    if (request.objective == Objective::logistic) {
      return fit_logistic<T>(file, summary, plan, outcome);
    }
    if (request.solver == Solver::conjugate_gradients) {
      return fit_file_iteratively<T>(file, summary, plan, options.output, outcome);
    }
    return fit_file<T>(file, summary, plan, checkpoint, begun, outcome);
  };
  const Model model{.inputs = file.inputs().names,
                    .targets = file.targets().names,
                    .places = model_places(file),
                    .named = file.named(),
                    .file_columns = file.num_columns(),
                    .classes = summary.classes,
                    .standardisation = plan.standardisation,
                    .data_digest = summary.digest,
                    .num_rows = summary.rows,
                    .regression = request.single ? fit(float{}) : fit(double{})};
  const Archive archive = to_archive(model);
  if (report) add_fit_report(*report, options, model, outcome, search, request.execution);
  io::write_archive(out, archive);
  out.commit();
  checkpoint.remove();
  if (report) report->commit();
  print(options.json ? fit_json(options, model, outcome, search, request.execution)
                     : fit_text(options, model, outcome, search, request.execution));
}

}  // namespace

std::function<void()> declare_fit(CLI::App& app) {
  const auto arguments = std::make_shared<FitArguments>();
  declare_fit_arguments(app, *arguments);
  return [arguments, &app] {
    for (const CLI::Option* option : app.get_options()) {
      if (option->count() > 0) arguments->given.insert(option->get_name());
    }
    run_fit(*arguments);
  };
}

}  // namespace bochner::cli
