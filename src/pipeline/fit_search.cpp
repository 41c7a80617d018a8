// SPDX-License-Identifier: Apache-2.0
#include "pipeline/fit_search.hpp"

#include "bochner/client/regression/folds.hpp"
#include "bochner/core/error.hpp"
#include "bochner/kernel/options.hpp"
#include "io/message.hpp"
#include "pipeline/leaving.hpp"
#include "pipeline/training_blocks.hpp"
#include "pipeline/training_folds.hpp"
#include "pipeline/uniform_sample.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bochner::pipeline {
namespace {

/// That a search can be made with.
constexpr Index kFewestFolds = 2;

/// How many rows there are for a search, in words.
std::string available(const TrainingSummary& summary, Index rows) {
  std::string out = std::to_string(summary.counted) + (summary.counted == 1 ? " row" : " rows");
  if (summary.counted < summary.rows) out += " of positive weight";
  if (rows < summary.counted) {
    out += ", of which a search holds " + std::to_string(rows) + " (64 MiB of rows so wide)";
  }
  return out;
}

/// Throws FileError where so many folds (0: a search without) cannot be made of the rows that were
/// kept.
void require_folds(const TrainingFile& file, const TrainingSummary& summary, Index folds,
                   Index rows, const std::vector<Index>& groups) {
  const std::string option = "validation by " + std::to_string(folds) + " folds";
  const Index least = 2 * std::max(folds, kFewestFolds);
  if (rows < least) {
    std::string ways = rows < summary.counted ? "fewer columns, " : "";
    if (folds > kFewestFolds) ways += "fewer folds, ";
    throw FileError(file.path() + ": has " + available(summary, rows) + ", and " +
                    (folds > 0 ? option : std::string("a search")) + " needs at least " +
                    std::to_string(least) + "; give " + ways + (ways.empty() ? "" : "or ") +
                    "lengthscale and ridge, which leave nothing to search for");
  }
  if (groups.empty()) return;
  const Index found = 1 + *std::max_element(groups.begin(), groups.end());
  if (found >= folds) return;
  const FileColumns& columns = file.groups();
  throw FileError(file.path() + ": the groups by " + io::quoted(columns.names.front()) +
                  (columns.count() > 1 ? " and more" : "") + " are " + std::to_string(found) +
                  ", and " + option + " needs at least one group per fold" +
                  (found > 1 ? "; expected " + std::to_string(found) + " folds or fewer" : ""));
}

/// The search on the rows that were kept of the file.
template <Scalar T>
SearchResult search_sample(const TrainingFile& file, const TrainingSummary& summary,
                           const FitRequest& request, const FitPlan& plan) {
  const MatrixView<const double> rows = summary.sample.view();
  const StandardisedRows<T> sample = standardised<T>(rows, file, summary, plan.standardisation);
  SearchOptions options;
  options.lengthscales = request.search.lengthscales;
  options.criterion = request.search.criterion;
  // Other criteria have no folds.
  const Index folds = options.criterion == Criterion::k_fold ? request.search.num_folds : 0;
  options.num_folds = std::max(folds, kFewestFolds);
  options.seed = request.spec.seed;
  if (request.ridge && request.objective == Objective::squared) options.ridges = {*request.ridge};
  if (!summary.classes.empty()) options.loss = Loss::misclassification;
  options.groups = groups_of(group_values(file, rows).view());
  require_folds(file, summary, folds, rows.rows, options.groups);
  Progress progress(plan.watcher,
                    {"search", static_cast<double>(options.max_candidates), "candidates"});
  options.on_candidate = [&](const SearchCandidate&) {
    progress.advance(1.0);
    leave_if_asked(plan.watcher, "in the search");
  };
  return search_hyperparameters<T>(plan.spec, sample.training_rows(), options, plan.execution);
}

/// Ridges a logistic regression is tried with, until the log loss rises.
constexpr std::array kLogisticRidges = {1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7};
/// What makes trying them a matter of seconds.
constexpr Index kLogisticRows = 2500;
constexpr Index kLogisticFeatures = 256;
constexpr double kLogisticTolerance = 1e-3;

/// The ridge with the least log loss on rows drawn at random with the first frequencies. It stands
/// beside a mean over rows, so that of all rows is as much smaller as they are more: the prior is
/// the same.
template <Scalar T>
LogisticValidation logistic_ridge(const TrainingFile& file, const TrainingSummary& summary,
                                  const FitRequest& request, FitPlan& plan) {
  const Matrix<double> drawn =
      drawn_rows(summary.sample.view(), kLogisticRows, request.spec.seed, file.num_inputs());
  const MatrixView<const double> rows = drawn.view();
  const Index n = rows.rows;
  const StandardisedRows<T> sample = standardised<T>(rows, file, summary, plan.standardisation);
  std::vector<Index> labels;
  for (Index i = 0; i < n; ++i) labels.push_back(static_cast<Index>(sample.targets(i, 0)));
  FeatureMapSpec spec = plan.spec;
  const Index per_frequency = num_features(spec) / spec.num_frequencies;
  spec.num_frequencies = std::min(spec.num_frequencies, kLogisticFeatures / per_frequency);
  const std::vector<Index> groups = groups_of(group_values(file, rows).view());
  const Index folds = request.search.num_folds;
  require_folds(file, summary, folds, n, groups);
  const Folds held_out = groups.empty() ? class_folds(labels, folds, request.spec.seed)
                                        : group_folds(groups, folds, request.spec.seed);
  const FeatureMap<T> map(spec);
  LogisticValidation found;
  Progress progress(plan.watcher, {"ridge", kLogisticRidges.size(), "ridges"});
  for (const double ridge : kLogisticRidges) {
    const LogisticValidation one = cross_validate_logistic<T>(
        map, {sample.x.view(), labels, sample.weights}, num_classes(summary), std::span(&ridge, 1),
        held_out, {.tolerance = kLogisticTolerance}, plan.execution);
    found.ridge.push_back(ridge);
    found.log_loss.push_back(one.log_loss.front());
    found.standard_error.push_back(one.standard_error.front());
    found.error_rate.push_back(one.error_rate.front());
    progress.advance(1.0);
    leave_if_asked(plan.watcher, "in the search");
    if (found.best() + 1 < found.ridge.size()) break;
  }
  plan.model.ridge =
      found.ridge[found.best()] * static_cast<double>(n) / static_cast<double>(summary.counted);
  return found;
}

/// The rule sees the standardised rows that were kept, and their weights.
Kernel scaled_kernel(const TrainingFile& file, const TrainingSummary& summary,
                     const FitRequest& request, const Standardisation& standardisation) {
  const MatrixView<const double> inputs = summary.sample.view().middle_cols(0, file.num_inputs());
  Matrix<double> x(inputs.rows, inputs.cols);
  standardisation.apply<double>(inputs, x.view());
  std::vector<double> weights;
  if (const auto column = file.weight_column()) {
    for (Index i = 0; i < inputs.rows; ++i) weights.push_back(summary.sample(i, *column));
  }
  return with_scale(request.spec.kernel, request.scale, std::as_const(x).view(), weights);
}

}  // namespace

bool searches_lengthscales(const FitRequest& request) {
  return request.search.lengthscales != LengthscaleSearch::fixed &&
         lengthscales_of(request.spec.kernel) != nullptr;
}

FitSearch choose_hyperparameters(const TrainingFile& file, const TrainingSummary& summary,
                                 const FitRequest& request, FitPlan& plan) {
  const bool fixed = !searches_lengthscales(request);
  try {
    plan.spec.kernel =
        fixed ? scaled_kernel(file, summary, request, plan.standardisation) : request.spec.kernel;
    validate(plan.spec);
  } catch (const InvalidArgument& error) {
    throw InvalidRequest(error.what());
  }
  const bool logistic = request.objective == Objective::logistic;
  FitSearch out;
  if (!fixed || (!request.ridge && !logistic)) {
    out.kernel = request.arithmetic == Arithmetic::single_precision
                     ? search_sample<float>(file, summary, request, plan)
                     : search_sample<double>(file, summary, request, plan);
    plan.spec = out.kernel->spec;
    plan.model.ridge = out.kernel->ridge;
  }
  if (request.ridge) {
    plan.model.ridge = *request.ridge;
  } else if (logistic) {
    out.ridge = request.arithmetic == Arithmetic::single_precision
                    ? logistic_ridge<float>(file, summary, request, plan)
                    : logistic_ridge<double>(file, summary, request, plan);
  }
  return out;
}

}  // namespace bochner::pipeline
