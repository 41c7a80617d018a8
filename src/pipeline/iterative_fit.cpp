// SPDX-License-Identifier: Apache-2.0
#include "pipeline/iterative_fit.hpp"

#include "bochner/client/regression/fit.hpp"
#include "bochner/core/error.hpp"
#include "core/stopwatch.hpp"
#include "io/mapped_scratch.hpp"
#include "pipeline/falling_progress.hpp"
#include "pipeline/leaving.hpp"
#include "pipeline/training_blocks.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace bochner::pipeline {
namespace {

/// Rows in mapped memory: outputs in double, then weights and inputs in T.
template <Scalar T>
class MappedRows {
 public:
  MappedRows(const std::string& beside, Index rows, Index inputs, Index outputs)
      : scratch_(beside, static_cast<std::size_t>(rows) *
                             (static_cast<std::size_t>(outputs) * sizeof(double) +
                              static_cast<std::size_t>(inputs + 1) * sizeof(T))),
        outputs_(static_cast<double*>(scratch_.data()), rows, outputs),
        x_(reinterpret_cast<T*>(outputs_.data + rows * outputs), rows, inputs),
        weights_(x_.data + rows * inputs, static_cast<std::size_t>(rows)) {}

  void copy(Index first, const StandardisedRows<T>& block) {
    std::copy_n(block.x.data(), block.x.size(), x_.row(first));
    std::copy_n(block.outputs.data(), block.outputs.size(), outputs_.row(first));
    std::copy(block.weights.begin(), block.weights.end(),
              weights_.begin() + static_cast<std::ptrdiff_t>(first));
    weighted_ = weighted_ || !block.weights.empty();
  }
  TrainingRows<T> training_rows() const {
    return {x_, outputs_, weighted_ ? weights_ : std::span<T>{}};
  }

 private:
  io::MappedScratch scratch_;
  MatrixView<double> outputs_;
  MatrixView<T> x_;
  std::span<T> weights_;
  bool weighted_ = false;
};

template <Scalar T>
void read_rows(const TrainingFile& file, const TrainingSummary& summary, const FitPlan& plan,
               MappedRows<T>& rows) {
  TrainingBlocks<T> blocks(file, summary, plan.standardisation);
  Progress progress(plan.watcher, {"read", static_cast<double>(summary.rows), "rows"});
  Index done = 0;
  for (;;) {
    leave_if_asked(plan.watcher, "after reading " + std::to_string(done) + " rows");
    if (!blocks.next()) return;
    rows.copy(done, blocks.rows());
    done += blocks.num_rows();
    progress.advance(static_cast<double>(blocks.num_rows()));
  }
}

}  // namespace

template <Scalar T>
RidgeRegression<T> fit_file_iteratively(const TrainingFile& file, const TrainingSummary& summary,
                                        const FitPlan& plan, const std::string& beside,
                                        FitOutcome& outcome) {
  const Stopwatch watch;
  const StopRequests stop(plan.watcher);
  const Index outputs = std::max(num_classes(summary), file.num_targets());
  MappedRows<T> rows(beside, summary.rows, file.num_inputs(), outputs);
  read_rows<T>(file, summary, plan, rows);
  FitOptions options;
  options.model = plan.model;
  options.solver = Solver::conjugate_gradients;
  FallingProgress progress(plan.watcher, options.tolerance);
  options.on_iteration = [&](Index iterations, double residual) {
    leave_if_asked(plan.watcher, "after " + std::to_string(iterations) + " iterations");
    progress.reach(residual);
  };
  const FeatureMap<T> map(plan.spec);
  const auto fitted = [&] {
    try {
      return fit_ridge<T>(map, rows.training_rows(), options, plan.execution);
    } catch (const InvalidArgument&) {
      name_refused_row<T>(file, summary, plan.standardisation, map);
      throw;
    }
  };
  RidgeFit<T> fit = fitted();
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

}  // namespace bochner::pipeline
