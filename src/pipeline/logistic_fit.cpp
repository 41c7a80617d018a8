// SPDX-License-Identifier: Apache-2.0
#include "pipeline/logistic_fit.hpp"

#include "bochner/core/error.hpp"
#include "core/memory.hpp"
#include "core/stopwatch.hpp"
#include "pipeline/falling_progress.hpp"
#include "pipeline/leaving.hpp"
#include "pipeline/training_blocks.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace bochner::pipeline {

template <Scalar T>
LogisticRegression<T> fit_logistic(const TrainingFile& file, const TrainingSummary& summary,
                                   const FitPlan& plan, FitOutcome& outcome) {
  const Index inputs = file.num_inputs();
  require_memory(file.path(),
                 static_cast<double>(summary.rows) * static_cast<double>(inputs + 2) * sizeof(T));
  const Stopwatch watch;
  const StopRequests stop(plan.watcher);
  Matrix<T> x(summary.rows, inputs);
  std::vector<Index> labels;
  labels.reserve(static_cast<std::size_t>(summary.rows));
  std::vector<T> weights;
  TrainingBlocks<T> blocks(file, summary, plan.standardisation);
  while (blocks.next()) {
    leave_if_asked(plan.watcher, "while reading the rows");
    const StandardisedRows<T>& rows = blocks.rows();
    std::copy_n(rows.x.data(), rows.x.size(), x.row(static_cast<Index>(labels.size())));
    for (Index i = 0; i < blocks.num_rows(); ++i) {
      labels.push_back(static_cast<Index>(rows.targets(i, 0)));
    }
    weights.insert(weights.end(), rows.weights.begin(), rows.weights.end());
  }
  const FeatureMap<T> map(plan.spec);
  LogisticOptions options{.ridge = plan.model.ridge, .intercept = plan.model.intercept};
  FallingProgress progress(plan.watcher, options.tolerance);
  options.on_iteration = [&](const LogisticReport& report) {
    leave_if_asked(plan.watcher, "after " + std::to_string(report.steps) + " Newton steps");
    progress.reach(report.gradient);
  };
  const auto fitted = [&] {
    try {
      return LogisticRegression<T>(map, {std::as_const(x).view(), labels, weights},
                                   num_classes(summary), options, plan.execution);
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
