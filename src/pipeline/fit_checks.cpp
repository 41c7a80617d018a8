// SPDX-License-Identifier: Apache-2.0
#include "pipeline/fit_checks.hpp"

#include "core/door.hpp"
#include "core/numbers.hpp"
#include "estimator/resamples.hpp"
#include "io/file_identity.hpp"

#include <cmath>
#include <string>

namespace bochner::pipeline {
namespace {

[[noreturn]] void refuse(const std::string& what) { throw InvalidRequest("fit: " + what); }

void check_intervals(const FitRequest& request, Index most_folds) {
  const IntervalPlan& plan = request.intervals;
  if (plan.held_out == HeldOut::rows && request.task == Task::classify) {
    refuse("intervals.held_out is rows, which is of a regression; label sets are by folds");
  }
  if (plan.num_folds < 2 || plan.num_folds > most_folds) {
    refuse("intervals.num_folds is " + std::to_string(plan.num_folds) + ", expected 2 to " +
           std::to_string(most_folds));
  }
}

void check_reading(const FitRequest& request) {
  const io::ReadOptions& reading = request.reading;
  if (reading.classes || !reading.groups.empty() || reading.text) {
    refuse("reading codes columns or carries text, expected `task` and `columns` to say so");
  }
  if (reading.non_finite == io::NonFinite::keep) {
    refuse("reading keeps NaN and infinity, and no fit takes them");
  }
  if (reading.columns.choose || !reading.columns.places.empty()) {
    refuse("reading.columns has places, expected entries of keep and drop");
  }
}

void check_output(const FitRequest& request) {
  if (request.output == "-") refuse("output is the standard output, expected a file");
  if (!(request.checkpoint_interval.count() > 0.0)) {
    refuse("checkpoint_interval is not positive");
  }
  if (request.output.empty()) return;
  const auto source = io::identity_of(request.data, io::FileUse::read);
  if (!source) return;
  for (const char* const end : {"", ".checkpoint0", ".checkpoint1"}) {
    if (io::identity_of(request.output + end, io::FileUse::written) == source) {
      refuse("output " + request.output + end + " is the file of the data");
    }
  }
}

void check_solver(const FitRequest& request) {
  if (request.solver == Solver::dual) {
    refuse("the dual solver holds all rows, expected cholesky or conjugate_gradients");
  }
  const bool iterative = request.solver == Solver::conjugate_gradients;
  const bool logistic = request.objective == Objective::logistic;
  if (iterative && request.posterior == Posterior::full) {
    refuse("a full posterior needs the solver cholesky");
  }
  if (iterative && request.intervals.held_out != HeldOut::none) {
    refuse("intervals need the solver cholesky");
  }
  if (iterative && request.feature_errors) refuse("feature errors need the solver cholesky");
  if (iterative && logistic) refuse("conjugate gradients are for the squared loss");
  if (request.resume == Resume::if_unfinished &&
      (iterative || logistic || request.output.empty())) {
    refuse("resume: there are no checkpoints of " +
           std::string(request.output.empty() ? "a fit without output"
                       : iterative            ? "conjugate gradients"
                                              : "a logistic regression"));
  }
}

}  // namespace

void require_valid(const FitRequest& request) {
  constexpr Index kMostFrequencies = Index{1} << 40;
  constexpr Index kMostFolds = 1000;
  if (request.columns.targets.empty()) refuse("columns.targets is empty, expected one or more");
  if (request.objective == Objective::logistic && request.task != Task::classify) {
    refuse("a logistic regression is for classes, expected task classify");
  }
  if (request.posterior == Posterior::full && request.task == Task::classify) {
    refuse("a full posterior is of a regression, not of classes");
  }
  if (request.feature_errors && request.task == Task::classify) {
    refuse("feature errors are of a regression, not of classes");
  }
  if (request.spec.num_frequencies < 1 || request.spec.num_frequencies > kMostFrequencies) {
    refuse("spec.num_frequencies is " + std::to_string(request.spec.num_frequencies) +
           ", expected 1 to 2^40");
  }
  if (const auto reason =
          incompatibility(request.spec.kernel, request.spec.projection, request.spec.features)) {
    refuse(*reason);
  }
  if (request.ridge && !(*request.ridge > 0.0 && std::isfinite(*request.ridge))) {
    refuse("ridge is " + shortest(*request.ridge) + ", expected a positive number");
  }
  if (request.search.num_folds < 2 || request.search.num_folds > kMostFolds) {
    refuse("search.num_folds is " + std::to_string(request.search.num_folds) +
           ", expected 2 to 1000");
  }
  check_intervals(request, kMostFolds);
  check_solver(request);
  check_reading(request);
  check_output(request);
}

void require_draws(const FitRequest& request) {
  if (!request.feature_errors) return;
  try {
    const estimator::Resamples resamples(Door("fit"), request.spec, *request.feature_errors);
  } catch (const InvalidArgument& error) {
    throw InvalidRequest(error.what());
  }
}

}  // namespace bochner::pipeline
