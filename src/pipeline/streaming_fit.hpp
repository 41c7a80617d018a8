// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/fit.hpp"
#include "bochner/client/regression/logistic_regression.hpp"
#include "bochner/client/regression/normal_equations.hpp"
#include "bochner/client/regression/ridge_feature_errors.hpp"
#include "bochner/client/regression/ridge_regression.hpp"
#include "bochner/pipeline/fit.hpp"
#include "bochner/pipeline/model.hpp"
#include "io/checkpoint.hpp"
#include "pipeline/training_file.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>

/// \file
/// Ridge regression on a file of any size: only sums are kept in memory.

namespace bochner::pipeline {

/// What is known of a model before the fit: all but its coefficients.
struct FitPlan {
  FeatureMapSpec spec;
  RidgeOptions model;
  std::optional<FeatureErrorOptions> feature_errors;
  Standardisation standardisation;
  Execution execution;
  std::chrono::duration<double> checkpoint_interval{60.0};
  /// What is examined besides the model.
  StudyFit study = StudyFit::none;
  /// Work before the fit (a search) that no checkpoint holds yet.
  std::chrono::duration<double> unsaved{0.0};
  Watcher* watcher = nullptr;
  /// Part of every checkpoint.
  std::map<std::string, std::string> metadata;
};

/// Sums of all rows of `file`, which must still have the digest of `summary`. From time to time,
/// and when the watcher asks to stop, the sums are saved in `checkpoint`; then it throws
/// Interrupted. Without a checkpoint nothing is saved. `begun` is what it held, if anything: the
/// result has the same bits as without the interruption, for any number of them.
template <Scalar T>
NormalEquations<T> sum_file(const TrainingFile& file, const TrainingSummary& summary,
                            const FitPlan& plan, io::Checkpoint* checkpoint,
                            const std::optional<Archive>& begun);

/// A regression, and its feature errors where the plan asks for them.
template <Scalar T>
struct SolvedSums {
  RidgeRegression<T> regression;
  std::optional<RidgeFeatureErrors<T>> feature_errors;
};

/// The feature errors that the plan asks for. Throws Interrupted between factorisations.
template <Scalar T>
std::optional<RidgeFeatureErrors<T>> feature_errors_of(const NormalEquations<T>& sums,
                                                       const FitPlan& plan);

/// Fits to the sums of the file. Throws as `sum_file`.
template <Scalar T>
SolvedSums<T> fit_file(const TrainingFile& file, const TrainingSummary& summary,
                       const FitPlan& plan, io::Checkpoint* checkpoint,
                       const std::optional<Archive>& begun, FitOutcome& outcome);

extern template std::optional<RidgeFeatureErrors<float>> feature_errors_of(
    const NormalEquations<float>&, const FitPlan&);
extern template std::optional<RidgeFeatureErrors<double>> feature_errors_of(
    const NormalEquations<double>&, const FitPlan&);
extern template SolvedSums<float> fit_file(const TrainingFile&, const TrainingSummary&,
                                           const FitPlan&, io::Checkpoint*,
                                           const std::optional<Archive>&, FitOutcome&);
extern template SolvedSums<double> fit_file(const TrainingFile&, const TrainingSummary&,
                                            const FitPlan&, io::Checkpoint*,
                                            const std::optional<Archive>&, FitOutcome&);

}  // namespace bochner::pipeline
