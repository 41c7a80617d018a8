// SPDX-License-Identifier: Apache-2.0
#include "pipeline/streaming_fit.hpp"

#include "bochner/client/regression/normal_equations.hpp"
#include "bochner/client/regression/ridge_path.hpp"
#include "bochner/core/error.hpp"
#include "pipeline/leaving.hpp"
#include "pipeline/saving.hpp"
#include "pipeline/training_blocks.hpp"
#include "pipeline/uniform_sample.hpp"

#include <string>
#include <utility>
#include <vector>

namespace bochner::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kRowsDone = "rows_done";
constexpr const char* kFrequenciesLeftOut = "while frequencies were left out";

NormalEquationsOptions equations_options(const TrainingFile& file, const TrainingSummary& summary) {
  if (!summary.classes.empty()) return {num_classes(summary), {}};
  return {file.num_targets(),
          {summary.mean.begin() + file.num_inputs(),
           summary.mean.begin() + file.num_inputs() + file.num_targets()}};
}

/// Ridges from a thousandth of `ridge` to a thousand times as much, four a decade.
std::vector<double> ridges_around(double ridge) {
  constexpr Index kRidges = 25;
  return logarithmic_ridges(1e-3 * ridge, 1e3 * ridge, kRidges);
}

/// Rows that are predicted without themselves.
constexpr Index kLeftOut = 2000;

/// The model, and what its sums and its posterior say beside it.
template <Scalar T>
RidgeRegression<T> studied(const NormalEquations<T>& sums, const TrainingFile& file,
                           const TrainingSummary& summary, const FitPlan& plan, FitStudy& study) {
  study.path =
      ridge_path(sums, ridges_around(plan.model.ridge), plan.model.intercept, plan.execution);
  RidgeOptions options = plan.model;
  options.posterior = Posterior::full;
  const RidgeRegression<T> whole(sums, options, plan.execution);
  if (summary.classes.empty()) {
    const Matrix<double> drawn = drawn_rows(summary.sample.view(), kLeftOut, plan.spec.seed);
    const StandardisedRows<T> rows =
        standardised<T>(drawn.view(), file, summary, plan.standardisation);
    Matrix<double> residual(drawn.rows(), file.num_targets());
    whole.leave_one_out(rows.training_rows(), residual.view(), plan.execution);
    for (Index i = 0; i < drawn.rows(); ++i) {
      const double truth = rows.targets(i, 0);
      study.left_out.push_back({truth, truth - residual(i, 0)});
    }
  }
  if (plan.model.posterior == Posterior::full) return whole;
  return {whole.map(),
          plan.model,
          whole.coefficients(),
          {whole.intercepts().begin(), whole.intercepts().end()},
          {whole.noise_variances().begin(), whole.noise_variances().end()}};
}

/// Throws Interrupted, saying what is kept: all of the rows that are done, the first of them that
/// were saved before `failure`, or nothing.
[[noreturn]] void leave(const io::Checkpoint* checkpoint, Index done, Index saved, Index all,
                        const std::string& failure) {
  const std::string what =
      "interrupted after " + std::to_string(done) + " of " + std::to_string(all) + " rows; ";
  if (checkpoint == nullptr || (!failure.empty() && saved == 0)) {
    throw Interrupted(what + "they are lost" + (failure.empty() ? "" : ": " + failure),
                      Interrupted::Kept::nothing);
  }
  if (failure.empty()) {
    throw Interrupted(what + checkpoint->name() + " holds them", Interrupted::Kept::state);
  }
  throw Interrupted(what + checkpoint->name() + " holds the first " + std::to_string(saved) +
                        " of them (" + failure + ")",
                    Interrupted::Kept::state);
}

}  // namespace

template <Scalar T>
NormalEquations<T> sum_file(const TrainingFile& file, const TrainingSummary& summary,
                            const FitPlan& plan, io::Checkpoint* checkpoint,
                            const std::optional<Archive>& begun) {
  NormalEquations<T> sums =
      begun ? NormalEquations<T>::load(*begun)
            : NormalEquations<T>(FeatureMap<T>(plan.spec), equations_options(file, summary));
  Index done = begun ? begun->count(kRowsDone) : 0;
  auto saved = Clock::now() - std::chrono::duration_cast<Clock::duration>(plan.unsaved);
  Saving saving(plan.watcher, "the fit");
  Index saved_rows = done;
  const auto save = [&] {
    Archive state = sums.save();
    state.metadata.insert_or_assign(kRowsDone, std::to_string(done));
    for (const auto& [key, value] : plan.metadata) state.metadata.insert_or_assign(key, value);
    saving.attempt([&] { checkpoint->save(std::move(state)); });
    if (saving.failure().empty()) saved_rows = done;
    saved = Clock::now();
  };

  const StopRequests stop(plan.watcher);
  TrainingBlocks<T> blocks(file, summary, plan.standardisation);
  if (const Index positive = blocks.skip(done); positive != sums.num_rows()) {
    throw FileError(checkpoint->name() + ": holds the sums of " + std::to_string(sums.num_rows()) +
                    " rows of positive weight, and of the first " + std::to_string(done) +
                    " rows " + std::to_string(positive) + " have one; remove it to begin again");
  }
  Progress progress(plan.watcher,
                    {"fit", static_cast<double>(summary.rows), "rows", static_cast<double>(done)});
  for (;;) {
    if (stop.pending()) {
      if (checkpoint != nullptr) save();
      leave(checkpoint, done, saved_rows, summary.rows, saving.failure());
    }
    if (checkpoint != nullptr && Clock::now() - saved >= plan.checkpoint_interval) save();
    if (!blocks.next()) break;
    try {
      sums.add(blocks.rows().training_rows(), plan.execution);
    } catch (const InvalidArgument&) {
      blocks.name_refused(sums.map());
      throw;
    }
    done += blocks.num_rows();
    progress.advance(static_cast<double>(blocks.num_rows()));
  }
  return sums;
}

template <Scalar T>
std::optional<RidgeFeatureErrors<T>> feature_errors_of(const NormalEquations<T>& sums,
                                                       const FitPlan& plan) {
  if (!plan.feature_errors) return std::nullopt;
  const StopRequests stop(plan.watcher);
  Execution execution = plan.execution;
  execution.poll = [&] {
    if (plan.execution.poll) plan.execution.poll();
    leave_if_asked(plan.watcher, kFrequenciesLeftOut);
  };
  return RidgeFeatureErrors<T>(sums, plan.model, *plan.feature_errors, execution);
}

template <Scalar T>
SolvedSums<T> fit_file(const TrainingFile& file, const TrainingSummary& summary,
                       const FitPlan& plan, io::Checkpoint* checkpoint,
                       const std::optional<Archive>& begun, FitOutcome& outcome) {
  outcome.resumed_rows = begun ? begun->count(kRowsDone) : 0;
  const auto start = Clock::now();
  const NormalEquations<T> sums = sum_file<T>(file, summary, plan, checkpoint, begun);
  RidgeRegression<T> model = plan.study == StudyFit::none
                                 ? RidgeRegression<T>(sums, plan.model, plan.execution)
                                 : studied(sums, file, summary, plan, outcome.study);
  auto errors =
      after_sums(checkpoint, kFrequenciesLeftOut, [&] { return feature_errors_of(sums, plan); });
  outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return {std::move(model), std::move(errors)};
}

template NormalEquations<float> sum_file(const TrainingFile&, const TrainingSummary&,
                                         const FitPlan&, io::Checkpoint*,
                                         const std::optional<Archive>&);
template NormalEquations<double> sum_file(const TrainingFile&, const TrainingSummary&,
                                          const FitPlan&, io::Checkpoint*,
                                          const std::optional<Archive>&);
template std::optional<RidgeFeatureErrors<float>> feature_errors_of(const NormalEquations<float>&,
                                                                    const FitPlan&);
template std::optional<RidgeFeatureErrors<double>> feature_errors_of(const NormalEquations<double>&,
                                                                     const FitPlan&);
template SolvedSums<float> fit_file(const TrainingFile&, const TrainingSummary&, const FitPlan&,
                                    io::Checkpoint*, const std::optional<Archive>&, FitOutcome&);
template SolvedSums<double> fit_file(const TrainingFile&, const TrainingSummary&, const FitPlan&,
                                     io::Checkpoint*, const std::optional<Archive>&, FitOutcome&);

}  // namespace bochner::pipeline
