// SPDX-License-Identifier: Apache-2.0
#include "bochner/pipeline/fit.hpp"

#include "bochner/core/error.hpp"
#include "bochner/version.hpp"
#include "core/numbers.hpp"
#include "core/stopwatch.hpp"
#include "core/text.hpp"
#include "io/archive_file.hpp"
#include "io/checkpoint.hpp"
#include "io/output_file.hpp"
#include "io/output_lock.hpp"
#include "io/sha256.hpp"
#include "pipeline/fit_checks.hpp"
#include "pipeline/fit_parts.hpp"
#include "pipeline/fit_search.hpp"
#include "pipeline/held_out_fit.hpp"
#include "pipeline/iterative_fit.hpp"
#include "pipeline/leaving.hpp"
#include "pipeline/logistic_fit.hpp"
#include "pipeline/streaming_fit.hpp"
#include "pipeline/training_file.hpp"
#include "simd/engine.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace bochner::pipeline {
namespace {

constexpr const char* kRidge = "checkpoint_ridge";
constexpr const char* kGroupColumns = "checkpoint_group_columns";

/// Above this many features the D x D matrix is formed only when asked for.
constexpr Index kCholeskyUpTo = 8192;

Solver solver_of(const FitRequest& request) {
  if (request.solver != Solver::automatic) return request.solver;
  const bool formed =
      request.posterior == Posterior::full || request.intervals.held_out != HeldOut::none ||
      request.feature_errors || request.resume == Resume::if_unfinished ||
      num_features(request.spec) <= kCholeskyUpTo || request.objective == Objective::logistic;
  return formed ? Solver::cholesky : Solver::conjugate_gradients;
}

/// A digest of all that the bits of the sums depend on; not of `intervals` and `feature_errors`,
/// which come after them.
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

/// Where temporary files go that no output has a folder for.
std::string temporary_folder() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  return error ? "/tmp" : folder.string();
}

/// The members of a model that come from its sums.
struct Solution {
  decltype(Model::regression) regression;
  decltype(Model::feature_errors) feature_errors{};
};

template <Scalar T>
Solution fit_regression(const TrainingFile& file, const TrainingSummary& summary,
                        const FitRequest& request, const FitPlan& plan, io::Checkpoint* checkpoint,
                        const std::optional<Archive>& begun, FitOutcome& outcome) {
  if (request.objective == Objective::logistic) {
    return {fit_logistic<T>(file, summary, plan, outcome)};
  }
  if (request.solver == Solver::conjugate_gradients) {
    const std::string beside =
        request.output.empty() ? temporary_folder() + "/fit" : request.output;
    return {fit_file_iteratively<T>(file, summary, plan, beside, outcome)};
  }
  SolvedSums<T> solved = fit_file<T>(file, summary, plan, checkpoint, begun, outcome);
  Solution out{std::move(solved.regression)};
  if (solved.feature_errors) out.feature_errors = *std::move(solved.feature_errors);
  return out;
}

/// The models without some of the rows, where they are asked for; the time they take is the fit's.
decltype(Model::held_out) fit_intervals(const TrainingFile& file, const TrainingSummary& summary,
                                        const FitRequest& request, const FitPlan& plan,
                                        const std::vector<Index>& found_groups,
                                        const io::Checkpoint* checkpoint, FitOutcome& outcome) {
  if (request.intervals.held_out == HeldOut::none) return {};
  const Stopwatch watch;
  const StopRequests stop(plan.watcher);
  const bool single = request.arithmetic == Arithmetic::single_precision;
  auto held_out = after_sums(checkpoint, "while rows were left out", [&] {
    return single ? fit_held_out<float>(file, summary, request, plan, found_groups)
                  : fit_held_out<double>(file, summary, request, plan, found_groups);
  });
  outcome.seconds += watch.seconds();
  return held_out;
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
  require_header(file, request.output);
  request.spec.input_dim = file.num_inputs();
  require_draws(request);
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
  std::vector<Index> found_groups;
  if (begun) {
    plan.spec = parse_spec(begun->word("map"));
    plan.model.ridge = begun->number(kRidge);
    found_groups = nlohmann::json::parse(begun->word(kGroupColumns)).get<std::vector<Index>>();
  } else {
    const Stopwatch watch;
    outcome.search = choose_hyperparameters(file, summary, request, plan);
    if (outcome.search.kernel) found_groups = outcome.search.kernel->group_columns;
    plan.unsaved = std::chrono::duration<double>(watch.seconds());
  }
  plan.metadata = {{kRidge, shortest(plan.model.ridge)},
                   {kGroupColumns, nlohmann::json(found_groups).dump()}};
  io::Checkpoint* const checkpoint = destination ? &*destination->checkpoint : nullptr;
  const bool single = request.arithmetic == Arithmetic::single_precision;
  Solution solution =
      single ? fit_regression<float>(file, summary, request, plan, checkpoint, begun, outcome)
             : fit_regression<double>(file, summary, request, plan, checkpoint, begun, outcome);
  auto held_out = fit_intervals(file, summary, request, plan, found_groups, checkpoint, outcome);
  Fitted out{.model = model_of(file, summary, plan, std::move(solution.regression)),
             .outcome = std::move(outcome)};
  out.model.feature_errors = std::move(solution.feature_errors);
  out.model.held_out = std::move(held_out);
  if (before_writing) before_writing(out);
  if (destination) {
    io::write_archive(destination->file, to_archive(out.model));
    destination->file.commit();
    checkpoint->remove();
  }
  return out;
}

}  // namespace bochner::pipeline
