// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/iterative_fit.hpp"

#include "bochner/client/regression/fit.hpp"
#include "bochner/core/error.hpp"
#include "interface/cli/mapped_scratch.hpp"
#include "interface/cli/progress.hpp"
#include "interface/cli/signals.hpp"
#include "interface/cli/stopwatch.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace bochner::cli {
namespace {

void leave_on_signal(const DeferredSignals& signals, const std::string& when) {
  if (signals.noted() == 0) return;
  throw Interrupted("interrupted " + when +
                        "; conjugate gradients keep no checkpoint: the same command begins again",
                    signals.noted());
}

/// The file's rows as the model sees them: inputs, then targets.
template <Scalar T>
MatrixView<T> standardised_rows(const TrainingFile& file, const TrainingSummary& summary,
                                const FitPlan& plan, Index outputs, const DeferredSignals& signals,
                                const MappedScratch& scratch) {
  const Index inputs = file.num_inputs();
  const MatrixView<T> all(static_cast<T*>(scratch.data()), summary.rows, inputs + outputs);
  const auto reader = reopen(file, summary);
  Matrix<double> block(io::rows_at_a_time(reader->cols()), reader->cols());
  Progress progress("read", static_cast<double>(summary.rows), "rows");
  Index done = 0;
  for (Index got = block.rows(); got == block.rows(); done += got) {
    leave_on_signal(signals, "after reading " + std::to_string(done) + " rows");
    got = reader->read(block.view());
    if (got > summary.rows - done) break;
    const MatrixView<const double> rows = std::as_const(block).view().middle_rows(0, got);
    const MatrixView<T> out = all.middle_rows(done, got);
    plan.standardisation.apply<T>(rows.middle_cols(0, inputs), out.middle_cols(0, inputs));
    set_targets<T>(rows.middle_cols(inputs, file.num_targets()), num_classes(summary),
                   out.middle_cols(inputs, outputs));
    progress.advance(static_cast<double>(got));
  }
  if (done != summary.rows || reader->digest() != summary.digest) {
    throw FileError(file.path() + ": changed while it was read");
  }
  return all;
}

}  // namespace

template <Scalar T>
RidgeRegression<T> fit_file_iteratively(const TrainingFile& file, const TrainingSummary& summary,
                                        const FitPlan& plan, const std::string& beside,
                                        FitOutcome& outcome) {
  const Stopwatch watch;
  const DeferredSignals signals;
  const Index outputs = std::max(num_classes(summary), file.num_targets());
  const auto numbers = static_cast<std::size_t>(summary.rows) *
                       static_cast<std::size_t>(file.num_inputs() + outputs);
  const MappedScratch scratch(beside, numbers * sizeof(T));
  const MatrixView<const T> rows =
      standardised_rows<T>(file, summary, plan, outputs, signals, scratch);
  FitOptions options;
  options.ridge = plan.ridge;
  options.solver = Solver::conjugate_gradients;
  // The residual falls by a constant factor an iteration, more or less.
  const double total = -std::log(options.tolerance);
  double reached = 0.0;
  Progress progress("fit", total);
  options.on_iteration = [&](Index iterations, double residual) {
    leave_on_signal(signals, "after " + std::to_string(iterations) + " iterations");
    const double now = std::clamp(-std::log(residual), reached, total);
    progress.advance(now - reached);
    reached = now;
  };
  RidgeFit<T> fit = fit_ridge<T>(
      FeatureMap<T>(plan.spec),
      {rows.middle_cols(0, file.num_inputs()), rows.middle_cols(file.num_inputs(), outputs)},
      options, plan.execution);
  outcome.iterative = fit.report;
  outcome.seconds = watch.seconds();
  return std::move(fit.model);
}

template RidgeRegression<float> fit_file_iteratively(const TrainingFile&, const TrainingSummary&,
                                                     const FitPlan&, const std::string&,
                                                     FitOutcome&);
template RidgeRegression<double> fit_file_iteratively(const TrainingFile&, const TrainingSummary&,
                                                      const FitPlan&, const std::string&,
                                                      FitOutcome&);

}  // namespace bochner::cli
