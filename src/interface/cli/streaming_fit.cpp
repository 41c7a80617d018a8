// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/streaming_fit.hpp"

#include "bochner/client/regression/normal_equations.hpp"
#include "bochner/client/regression/ridge_path.hpp"
#include "bochner/core/error.hpp"
#include "interface/cli/progress.hpp"
#include "interface/cli/signals.hpp"
#include "interface/cli/uniform_sample.hpp"
#include "interface/cli/warning.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace bochner::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kRowsDone = "rows_done";

NormalEquationsOptions equations_options(const TrainingFile& file, const TrainingSummary& summary) {
  if (!summary.classes.empty()) return {num_classes(summary), {}};
  return {file.num_targets(),
          {summary.mean.begin() + file.num_inputs(),
           summary.mean.begin() + file.num_inputs() + file.num_targets()}};
}

/// Reads past the first rows.
void skip_rows(io::RowReader& reader, Index count, MatrixView<double> block) {
  while (count > 0) {
    const Index got = reader.read(block.middle_rows(0, std::min(block.rows, count)));
    if (got == 0) return;
    count -= got;
  }
}

/// Rows that are predicted without themselves.
constexpr Index kLeftOut = 2000;

/// The model, and what its sums and its posterior say beside it.
template <Scalar T>
RidgeRegression<T> studied(const NormalEquations<T>& sums, const TrainingFile& file,
                           const TrainingSummary& summary, const FitPlan& plan, FitStudy& study) {
  study.path =
      ridge_path(sums, ridges_around(plan.ridge.ridge), plan.ridge.intercept, plan.execution);
  RidgeOptions options = plan.ridge;
  options.posterior = Posterior::full;
  const RidgeRegression<T> whole(sums, options, plan.execution);
  if (summary.classes.empty()) {
    const Matrix<double> drawn = drawn_rows(summary.sample.view(), kLeftOut, plan.spec.seed);
    const MatrixView<const double> rows = drawn.view();
    Matrix<T> x(rows.rows, file.num_inputs());
    Matrix<T> y(rows.rows, file.num_targets());
    plan.standardisation.apply<T>(rows.middle_cols(0, file.num_inputs()), x.view());
    set_targets<T>(rows.middle_cols(file.num_inputs(), file.num_targets()), 0, y.view());
    Matrix<double> residual(rows.rows, file.num_targets());
    whole.leave_one_out({std::as_const(x).view(), std::as_const(y).view()}, residual.view(),
                        plan.execution);
    for (Index i = 0; i < rows.rows; ++i) {
      const double truth = rows(i, file.num_inputs());
      study.left_out.push_back({truth, truth - residual(i, 0)});
    }
  }
  if (plan.ridge.posterior == Posterior::full) return whole;
  return {whole.map(),
          plan.ridge,
          whole.coefficients(),
          {whole.intercepts().begin(), whole.intercepts().end()},
          {whole.noise_variances().begin(), whole.noise_variances().end()}};
}

}  // namespace

template <Scalar T>
void set_targets(MatrixView<const double> rows, Index classes, MatrixView<T> out) {
  for (Index i = 0; i < rows.rows; ++i) {
    for (Index c = 0; c < out.cols; ++c) {
      out(i, c) = classes == 0                           ? static_cast<T>(rows(i, c))
                  : rows(i, 0) == static_cast<double>(c) ? T{1}
                                                         : T{-1};
    }
  }
}
template void set_targets(MatrixView<const double>, Index, MatrixView<float>);
template void set_targets(MatrixView<const double>, Index, MatrixView<double>);

std::unique_ptr<io::RowReader> reopen(const TrainingFile& file, const TrainingSummary& summary) {
  if (summary.classes.empty()) return file.open();
  return file.open(summary.classes);
}

template <Scalar T>
RidgeRegression<T> fit_file(const TrainingFile& file, const TrainingSummary& summary,
                            const FitPlan& plan, Checkpoint& checkpoint,
                            const std::optional<Archive>& begun, FitOutcome& outcome) {
  NormalEquations<T> sums =
      begun ? NormalEquations<T>::load(*begun)
            : NormalEquations<T>(FeatureMap<T>(plan.spec), equations_options(file, summary));
  Index done = begun ? begun->count(kRowsDone) : 0;
  outcome.resumed_rows = done;
  const auto start = Clock::now();
  auto saved = start - std::chrono::duration_cast<Clock::duration>(plan.unsaved);
  if (done != sums.num_rows()) {
    throw FileError(checkpoint.name() + ": says " + std::to_string(done) +
                    " rows and holds the sums of " + std::to_string(sums.num_rows()) +
                    "; remove it to begin again");
  }
  std::string unsaved;  // why the last state could not be saved
  const auto save = [&] {
    Archive state = sums.save();
    state.metadata.insert_or_assign(kRowsDone, std::to_string(done));
    for (const auto& [key, word] : plan.words) state.metadata.insert_or_assign(key, word);
    const bool warned = !unsaved.empty();
    try {
      checkpoint.save(std::move(state));
      unsaved.clear();
    } catch (const FileError& error) {
      unsaved = error.what();
      if (!warned) warn("fit", unsaved + "; the fit goes on without that checkpoint");
    }
    saved = Clock::now();
  };

  const DeferredSignals signals;
  const auto reader = reopen(file, summary);
  const Index inputs = file.num_inputs();
  const Index at_a_time = io::rows_at_a_time(reader->cols());
  Matrix<double> block(at_a_time, reader->cols());
  skip_rows(*reader, done, block.view());
  Matrix<T> x(at_a_time, inputs);
  Matrix<T> y(at_a_time, sums.num_targets());
  Progress progress("fit", static_cast<double>(summary.rows), "rows");
  progress.begin_at(static_cast<double>(done));
  for (Index got = at_a_time; got == at_a_time;) {
    if (signals.noted() != 0) {
      save();
      throw Interrupted(
          "interrupted after " + std::to_string(done) + " of " + std::to_string(summary.rows) +
              " rows; " +
              (unsaved.empty()
                   ? checkpoint.name() + " holds them: the same command with --resume goes on"
                   : "they are lost: " + unsaved),
          signals.noted());
    }
    if (Clock::now() - saved >= plan.checkpoint_interval) save();
    got = reader->read(block.view());
    const MatrixView<const double> rows = std::as_const(block).view().middle_rows(0, got);
    plan.standardisation.apply<T>(rows.middle_cols(0, inputs), x.view().middle_rows(0, got));
    set_targets<T>(rows.middle_cols(inputs, file.num_targets()), num_classes(summary),
                   y.view().middle_rows(0, got));
    sums.add(
        {std::as_const(x).view().middle_rows(0, got), std::as_const(y).view().middle_rows(0, got)},
        plan.execution);
    done += got;
    progress.advance(static_cast<double>(got));
  }
  if (reader->digest() != summary.digest) {
    throw FileError(file.path() + ": changed while it was read");
  }
  RidgeRegression<T> model = plan.study == StudyFit::none
                                 ? RidgeRegression<T>(sums, plan.ridge, plan.execution)
                                 : studied(sums, file, summary, plan, outcome.study);
  outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return model;
}

template RidgeRegression<float> fit_file(const TrainingFile&, const TrainingSummary&,
                                         const FitPlan&, Checkpoint&, const std::optional<Archive>&,
                                         FitOutcome&);
template RidgeRegression<double> fit_file(const TrainingFile&, const TrainingSummary&,
                                          const FitPlan&, Checkpoint&,
                                          const std::optional<Archive>&, FitOutcome&);

}  // namespace bochner::cli
