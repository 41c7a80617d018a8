// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/ridge_regression.hpp"
#include "pipeline/streaming_fit.hpp"
#include "pipeline/training_file.hpp"

#include <string>

/// \file
/// Ridge regression on a file with too many features for a matrix of their products.

namespace bochner::pipeline {

/// Fits to all rows of `file`, which must still have the digest of `summary`, by conjugate
/// gradients. They need the rows again at every iteration: the standardised inputs and the targets
/// are written once to a nameless temporary file in the directory of `beside`, which is mapped, so
/// that the system keeps as much of it in memory as there is room for. When the watcher asks to
/// stop it throws Interrupted; there is no checkpoint.
template <Scalar T>
RidgeRegression<T> fit_file_iteratively(const TrainingFile& file, const TrainingSummary& summary,
                                        const FitPlan& plan, const std::string& beside,
                                        FitOutcome& outcome);

extern template RidgeRegression<float> fit_file_iteratively(const TrainingFile&,
                                                            const TrainingSummary&, const FitPlan&,
                                                            const std::string&, FitOutcome&);
extern template RidgeRegression<double> fit_file_iteratively(const TrainingFile&,
                                                             const TrainingSummary&, const FitPlan&,
                                                             const std::string&, FitOutcome&);

}  // namespace bochner::pipeline
