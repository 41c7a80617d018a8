// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/logistic_regression.hpp"
#include "pipeline/streaming_fit.hpp"
#include "pipeline/training_file.hpp"

/// \file
/// Logistic regression on the rows of a file.

namespace bochner::pipeline {

/// Fits to all rows of `file`, held in memory in T; the file must still have the digest of
/// `summary`. Throws FileError when they do not fit into the machine's memory.
template <Scalar T>
LogisticRegression<T> fit_logistic(const TrainingFile& file, const TrainingSummary& summary,
                                   const FitPlan& plan, FitOutcome& outcome);

extern template LogisticRegression<float> fit_logistic(const TrainingFile&, const TrainingSummary&,
                                                       const FitPlan&, FitOutcome&);
extern template LogisticRegression<double> fit_logistic(const TrainingFile&, const TrainingSummary&,
                                                        const FitPlan&, FitOutcome&);

}  // namespace bochner::pipeline
