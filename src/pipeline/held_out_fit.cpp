// SPDX-License-Identifier: Apache-2.0
#include "pipeline/held_out_fit.hpp"

#include "bochner/core/error.hpp"
#include "core/memory.hpp"
#include "pipeline/held_training_rows.hpp"
#include "pipeline/leaving.hpp"
#include "pipeline/training_blocks.hpp"
#include "pipeline/training_folds.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bochner::pipeline {
namespace {

/// One label per row; nothing where rows come one by one.
template <Scalar T>
std::vector<Index> row_groups(const HeldTrainingRows<T>& rows, const std::vector<Index>& columns) {
  if (rows.groups.cols() > 0) return groups_of(rows.groups.view());
  if (columns.empty()) return {};
  Matrix<double> found(rows.x.rows(), static_cast<Index>(columns.size()));
  for (Index i = 0; i < found.rows(); ++i) {
    for (Index c = 0; c < found.cols(); ++c) {
      found(i, c) = static_cast<double>(rows.x(i, columns[static_cast<std::size_t>(c)]));
    }
  }
  return groups_of(std::as_const(found).view());
}

/// The folds of a plan; nothing where single rows are left out.
template <Scalar T>
std::optional<Folds> planned_folds(const TrainingFile& file, const TrainingSummary& summary,
                                   const FitRequest& request, const HeldTrainingRows<T>& rows,
                                   const std::vector<Index>& groups) {
  const bool each = request.intervals.held_out == HeldOut::rows;
  if (each && groups.empty()) return std::nullopt;
  const Index units =
      groups.empty() ? rows.x.rows() : 1 + *std::max_element(groups.begin(), groups.end());
  const Index count = each ? units : request.intervals.num_folds;
  if (units < std::max<Index>(count, 2)) {
    throw FileError(file.path() + ": has " + std::to_string(units) +
                    (groups.empty() ? " rows" : " groups") + ", and intervals by " +
                    (each ? "groups left out" : to_text(request.intervals)) + " need at least " +
                    std::to_string(std::max<Index>(count, 2)));
  }
  if (!groups.empty()) return group_folds(groups, count, request.spec.seed);
  return summary.classes.empty() ? row_folds(units, count, request.spec.seed)
                                 : class_folds(rows.labels(), count, request.spec.seed);
}

/// The moments of every fold, or as many models as there are rows.
void require_room(const FitRequest& request, const FitPlan& plan, const std::optional<Folds>& folds,
                  Index outputs, Index rows) {
  const auto features = static_cast<double>(num_features(plan.spec));
  const auto models = static_cast<double>((folds ? folds->count : rows) * outputs);
  // A logistic regression is fitted without one fold after the other.
  const bool by_sums = folds && request.objective == Objective::squared;
  const double moments = by_sums ? static_cast<double>(folds->count) + 3.0 : 3.0;
  require_memory("intervals", 8.0 * features * (moments * features + 2.0 * models),
                 "fewer folds or frequencies would do");
}

template <Scalar T>
decltype(Model::held_out) fit_labels(const HeldTrainingRows<T>& rows, Index classes,
                                     const FitRequest& request, const FitPlan& plan,
                                     const Folds& folds, const Execution& execution) {
  const std::vector<Index> labels = rows.labels();
  const LabelledRows<T> labelled{rows.x.view(), labels, rows.weights};
  const FeatureMap<T> map(plan.spec);
  if (request.objective == Objective::logistic) {
    const LogisticOptions options{.ridge = plan.model.ridge, .intercept = plan.model.intercept};
    return LabelSets<T>(map, labelled, classes, folds, options, execution);
  }
  return LabelSets<T>(map, labelled, classes, folds, plan.model, execution);
}

}  // namespace

template <Scalar T>
decltype(Model::held_out) fit_held_out(const TrainingFile& file, const TrainingSummary& summary,
                                       const FitRequest& request, const FitPlan& plan,
                                       const std::vector<Index>& found_groups) {
  const HeldTrainingRows<T> rows = hold_rows<T>(file, summary, plan);
  const std::vector<Index> groups = row_groups(rows, found_groups);
  const std::optional<Folds> folds = planned_folds(file, summary, request, rows, groups);
  const Index classes = num_classes(summary);
  require_room(request, plan, folds, classes == 0 ? file.num_targets() : classes, rows.x.rows());
  Execution execution = plan.execution;
  execution.poll = [&] {
    if (plan.execution.poll) plan.execution.poll();
    leave_if_asked(plan.watcher, "while rows were left out");
  };
  if (classes > 0) return fit_labels(rows, classes, request, plan, *folds, execution);
  const FeatureMap<T> map(plan.spec);
  const TrainingRows<T> training{rows.x.view(), rows.targets.view(), rows.weights};
  if (!folds) return PredictionIntervals<T>(map, training, plan.model, execution);
  return PredictionIntervals<T>(map, training, *folds, plan.model, execution);
}

template decltype(Model::held_out) fit_held_out<float>(const TrainingFile&, const TrainingSummary&,
                                                       const FitRequest&, const FitPlan&,
                                                       const std::vector<Index>&);
template decltype(Model::held_out) fit_held_out<double>(const TrainingFile&, const TrainingSummary&,
                                                        const FitRequest&, const FitPlan&,
                                                        const std::vector<Index>&);

}  // namespace bochner::pipeline
