// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/fit.hpp"
#include "bochner/client/regression/logistic_regression.hpp"
#include "bochner/client/regression/ridge_regression.hpp"
#include "interface/cli/checkpoint.hpp"
#include "interface/cli/fit_study.hpp"
#include "interface/cli/model.hpp"
#include "interface/cli/training_file.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// \file
/// Ridge regression on a file of any size: the sums stay, the rows go by.

namespace bochner::cli {

/// Whether the fit is studied: a path of ridges, and rows predicted without themselves.
enum class StudyFit { none, path_and_left_out };

/// A model to be, all but its coefficients.
struct FitPlan {
  FeatureMapSpec spec;
  RidgeOptions ridge;
  Standardisation standardisation;
  Execution execution;
  std::chrono::duration<double> checkpoint_interval{60.0};
  /// What is looked at beside the model.
  StudyFit study = StudyFit::none;
  /// Work before the fit (a search) that no checkpoint holds yet.
  std::chrono::duration<double> unsaved{0.0};
  /// Words that every checkpoint carries.
  std::map<std::string, std::string> words;
};

/// What happened.
struct FitOutcome {
  std::string layout;                 ///< of the file: "CSV, comma, header, 9 columns"
  std::vector<std::string> constant;  ///< inputs that are always the same
  Index resumed_rows = 0;             ///< rows that a checkpoint had
  double seconds = 0.0;               ///< of this process
  std::optional<LogisticReport> logistic;
  std::optional<FitReport> iterative;
  FitStudy study;
};

/// Fits to all rows of `file`, which must still have the digest of `summary`. From time to time,
/// and when a signal asks to leave, the sums are saved in `checkpoint`; after a signal it throws
/// Interrupted. `begun` is what `checkpoint` held, if anything: the result has the same bits as
/// without the interruption, for any number of them.
template <Scalar T>
RidgeRegression<T> fit_file(const TrainingFile& file, const TrainingSummary& summary,
                            const FitPlan& plan, Checkpoint& checkpoint,
                            const std::optional<Archive>& begun, FitOutcome& outcome);

extern template RidgeRegression<float> fit_file(const TrainingFile&, const TrainingSummary&,
                                                const FitPlan&, Checkpoint&,
                                                const std::optional<Archive>&, FitOutcome&);
extern template RidgeRegression<double> fit_file(const TrainingFile&, const TrainingSummary&,
                                                 const FitPlan&, Checkpoint&,
                                                 const std::optional<Archive>&, FitOutcome&);

}  // namespace bochner::cli
