// SPDX-License-Identifier: Apache-2.0
#include "bochner/pipeline/fit.hpp"

#include "bochner/core/error.hpp"
#include "bochner/version.hpp"
#include "core/memory.hpp"
#include "core/numbers.hpp"
#include "core/stopwatch.hpp"
#include "core/text.hpp"
#include "io/archive_file.hpp"
#include "io/checkpoint.hpp"
#include "io/output_file.hpp"
#include "io/output_lock.hpp"
#include "io/sha256.hpp"
#include "pipeline/fit_checks.hpp"
#include "pipeline/fit_search.hpp"
#include "pipeline/held_out_fit.hpp"
#include "pipeline/iterative_fit.hpp"
#include "pipeline/logistic_fit.hpp"
#include "pipeline/model_columns.hpp"
#include "pipeline/streaming_fit.hpp"
#include "pipeline/training_file.hpp"
#include "simd/engine.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace bochner::pipeline {
namespace {

constexpr const char* kRidge = "checkpoint_ridge";

/// Above this many features the D x D matrix is formed only when asked for.
constexpr Index kCholeskyUpTo = 8192;

Solver solver_of(const FitRequest& request) {
  if (request.solver != Solver::automatic) return request.solver;
  const bool formed =
      request.posterior == Posterior::full || request.intervals.held_out != HeldOut::none ||
      request.resume == Resume::if_unfinished || num_features(request.spec) <= kCholeskyUpTo ||
      request.objective == Objective::logistic;
  return formed ? Solver::cholesky : Solver::conjugate_gradients;
}

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
                         const FitRequest& request) {
  const io::ReadOptions& reading = request.reading;
  const nlohmann::ordered_json run = {
      {"version", version_string()},
      {"instruction_set", simd::kernels<float>().name},
      {"sha256", summary.digest},
      // One file is another table where it is read in another way.
      {"reading",
       {reading.format, reading.header, reading.delimiter, reading.decimal,
        reading.svmlight.width.value_or(0), reading.svmlight.first_index}},
      {"layout", file.layout()},
      {"inputs", {file.inputs().names, file.inputs().places}},
      {"targets", {file.targets().names, file.targets().places}},
      {"groups", file.groups().places},
      {"weights", file.weights().places},
      {"classes", summary.classes},
      {"map", to_text(request.spec)},
      {"scale", text::write(request.scale)},
      {"objective", request.objective},
      {"ridge", request.ridge.value_or(-1.0)},
      {"search", {request.search.lengthscales, request.search.criterion, request.search.num_folds}},
      {"posterior", request.posterior},
      {"arithmetic", request.arithmetic}};
  const std::string written = run.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  io::Sha256 hash;
  hash.add(std::as_bytes(std::span(written)));
  return hash.hex();
}

void require_room(const FitRequest& request, Index outputs) {
  const double features = static_cast<double>(num_features(request.spec) + outputs + 1);
  // The sums, their copy for the solver, a copy on its way to the disk; or the sketch. And the
  // frequencies.
  const double matrices = request.solver == Solver::conjugate_gradients ? 1.0 / 16.0 : 3.0;
  require_memory(std::to_string(request.spec.num_frequencies) + " frequencies",
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

std::vector<std::string> constant_inputs(const TrainingFile& file, const TrainingSummary& summary) {
  std::vector<std::string> out;
  for (std::size_t c = 0; c < file.inputs().names.size(); ++c) {
    if (summary.deviation[c] == 0.0) out.push_back(file.inputs().names[c]);
  }
  return out;
}

/// Where temporary files go that no output has a folder for.
std::string temporary_folder() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  return error ? "/tmp" : folder.string();
}

template <Scalar T>
decltype(Model::regression) fit_regression(const TrainingFile& file, const TrainingSummary& summary,
                                           const FitRequest& request, const FitPlan& plan,
                                           io::Checkpoint* checkpoint,
                                           const std::optional<Archive>& begun,
                                           FitOutcome& outcome) {
  if (request.objective == Objective::logistic) {
    return fit_logistic<T>(file, summary, plan, outcome);
  }
  if (request.solver == Solver::conjugate_gradients) {
    const std::string beside =
        request.output.empty() ? temporary_folder() + "/fit" : request.output;
    return fit_file_iteratively<T>(file, summary, plan, beside, outcome);
  }
  return fit_file<T>(file, summary, plan, checkpoint, begun, outcome);
}

/// The models without some of the rows, where they are asked for; the time they take is the fit's.
decltype(Model::held_out) fit_intervals(const TrainingFile& file, const TrainingSummary& summary,
                                        const FitRequest& request, const FitPlan& plan,
                                        const io::Checkpoint* checkpoint, FitOutcome& outcome) {
  if (request.intervals.held_out == HeldOut::none) return {};
  const Stopwatch watch;
  const StopRequests stop(plan.watcher);
  const bool single = request.arithmetic == Arithmetic::single_precision;
  try {
    auto held_out = single ? fit_held_out<float>(file, summary, request, plan, outcome.search)
                           : fit_held_out<double>(file, summary, request, plan, outcome.search);
    outcome.seconds += watch.seconds();
    return held_out;
  } catch (const Interrupted&) {
    if (checkpoint == nullptr || !checkpoint->exists()) throw;
    throw Interrupted("interrupted while rows were left out; " + checkpoint->name() +
                          " holds the sums of rows before",
                      Interrupted::Kept::state);
  }
}

/// The file that a fit writes, and its checkpoints.
struct Destination {
  explicit Destination(const std::string& path) : lock(path), file(path) {}
  io::OutputLock lock;
  io::OutputFile file;
  std::optional<io::Checkpoint> checkpoint;
};

/// What an earlier run left. Throws FileError where it is not to be gone on with.
std::optional<Archive> begun_by(io::Checkpoint& checkpoint, Resume resume) {
  if (resume == Resume::if_unfinished) return checkpoint.load();
  if (!checkpoint.exists()) return std::nullopt;
  throw FileError(checkpoint.name() +
                  ": an unfinished run is there; resume goes on with it, removing it begins "
                  "again");
}

/// What is to be fitted, but for what is searched.
FitPlan plan_of(const FitRequest& request, Standardisation standardisation, Watcher* watcher) {
  return {.spec = request.spec,
          .model = {.posterior = request.posterior},
          .standardisation = std::move(standardisation),
          .execution = request.execution,
          .checkpoint_interval = request.checkpoint_interval,
          .study = request.study,
          .unsaved = {},
          .watcher = watcher,
          .metadata = {}};
}

Model model_of(const TrainingFile& file, const TrainingSummary& summary, const FitPlan& plan,
               decltype(Model::regression) regression, decltype(Model::held_out) held_out) {
  return {.inputs = file.inputs().names,
          .targets = file.targets().names,
          .places = model_places(file),
          .named = file.named(),
          .file_columns = file.num_columns(),
          .classes = summary.classes,
          .standardisation = plan.standardisation,
          .data_digest = summary.digest,
          .num_rows = summary.rows,
          .regression = std::move(regression),
          .held_out = std::move(held_out)};
}

}  // namespace

InvalidRequest::~InvalidRequest() = default;

std::string to_text(const SearchPlan& plan) {
  switch (plan.criterion) {
    case Criterion::leave_one_out:
      return "loo";
    case Criterion::generalised_cross_validation:
      return "gcv";
    case Criterion::evidence:
      return "evidence";
    case Criterion::k_fold:
      break;
  }
  return std::to_string(plan.num_folds) + "-fold";
}

std::string to_text(const IntervalPlan& plan) {
  switch (plan.held_out) {
    case HeldOut::none:
      return "none";
    case HeldOut::rows:
      return "loo";
    case HeldOut::folds:
      break;
  }
  return std::to_string(plan.num_folds) + "-fold";
}

Fitted fit(const FitRequest& asked, Watcher* watcher,
           const std::function<void(const Fitted&)>& before_writing) {
  require_valid(asked);
  FitRequest request = asked;
  request.solver = solver_of(request);
  // Before the work, so that a file that cannot be written is known now.
  std::optional<Destination> destination;
  if (!request.output.empty()) destination.emplace(request.output);
  const TrainingFile file(request.data, request.reading, request.columns);
  if (request.task == Task::classify && file.num_targets() != 1) {
    throw InvalidRequest("fit: classes are of one target, got " +
                         std::to_string(file.num_targets()));
  }
  io::require_header(
      {.metadata = column_metadata(file.inputs().names, file.targets().names, model_places(file)),
       .arrays = {}},
      request.output);
  request.spec.input_dim = file.num_inputs();
  require_room(request, file.num_targets());
  const TrainingSummary summary = summarise(file, request.task, request.spec.seed, watcher);
  require_room(request, std::max(num_classes(summary), file.num_targets()));
  std::optional<Archive> begun;
  if (destination) {
    destination->checkpoint.emplace(request.output, run_identity(file, summary, request));
    begun = begun_by(*destination->checkpoint, request.resume);
  }
  FitPlan plan = plan_of(request, standardisation_of(summary, file.num_inputs()), watcher);
  FitOutcome outcome;
  outcome.layout = file.layout();
  outcome.constant = constant_inputs(file, summary);
  if (begun) {
    plan.spec = parse_spec(begun->word("map"));
    plan.model.ridge = begun->number(kRidge);
  } else {
    const Stopwatch watch;
    outcome.search = choose_hyperparameters(file, summary, request, plan);
    plan.unsaved = std::chrono::duration<double>(watch.seconds());
  }
  plan.metadata = {{kRidge, shortest(plan.model.ridge)}};
  io::Checkpoint* const checkpoint = destination ? &*destination->checkpoint : nullptr;
  const bool single = request.arithmetic == Arithmetic::single_precision;
  auto regression =
      single ? fit_regression<float>(file, summary, request, plan, checkpoint, begun, outcome)
             : fit_regression<double>(file, summary, request, plan, checkpoint, begun, outcome);
  auto held_out = fit_intervals(file, summary, request, plan, checkpoint, outcome);
  Fitted out{.model = model_of(file, summary, plan, std::move(regression), std::move(held_out)),
             .outcome = std::move(outcome)};
  if (before_writing) before_writing(out);
  if (destination) {
    io::write_archive(destination->file, to_archive(out.model));
    destination->file.commit();
    checkpoint->remove();
  }
  return out;
}

}  // namespace bochner::pipeline
