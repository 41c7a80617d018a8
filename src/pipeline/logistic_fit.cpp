// SPDX-License-Identifier: Apache-2.0
#include "pipeline/logistic_fit.hpp"

#include "bochner/core/error.hpp"
#include "core/stopwatch.hpp"
#include "pipeline/falling_progress.hpp"
#include "pipeline/held_training_rows.hpp"
#include "pipeline/leaving.hpp"
#include "pipeline/training_blocks.hpp"

#include <string>
#include <vector>

namespace bochner::pipeline {

template <Scalar T>
LogisticRegression<T> fit_logistic(const TrainingFile& file, const TrainingSummary& summary,
                                   const FitPlan& plan, FitOutcome& outcome) {
  const Stopwatch watch;
  const StopRequests stop(plan.watcher);
  const HeldTrainingRows<T> rows = hold_rows<T>(file, summary, plan);
  const std::vector<Index> labels = rows.labels();
  const FeatureMap<T> map(plan.spec);
  LogisticOptions options{.ridge = plan.model.ridge, .intercept = plan.model.intercept};
  FallingProgress progress(plan.watcher, options.tolerance);
  options.on_iteration = [&](const LogisticReport& report) {
    leave_if_asked(plan.watcher, "after " + std::to_string(report.steps) + " Newton steps");
    progress.reach(report.gradient);
  };
  const auto fitted = [&] {
    try {
      return LogisticRegression<T>(map, {rows.x.view(), labels, rows.weights}, num_classes(summary),
                                   options, plan.execution);
    } catch (const InvalidArgument&) {
      name_refused_row<T>(file, summary, plan.standardisation, map);
      throw;
    }
  };
  LogisticRegression<T> model = fitted();
  outcome.seconds = watch.seconds();
  outcome.logistic = model.report();
  return model;
}

template LogisticRegression<float> fit_logistic(const TrainingFile&, const TrainingSummary&,
                                                const FitPlan&, FitOutcome&);
template LogisticRegression<double> fit_logistic(const TrainingFile&, const TrainingSummary&,
                                                 const FitPlan&, FitOutcome&);

}  // namespace bochner::pipeline
