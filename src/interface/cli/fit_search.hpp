// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/logistic_validation.hpp"
#include "bochner/client/regression/search.hpp"
#include "interface/cli/fit_request.hpp"
#include "interface/cli/streaming_fit.hpp"
#include "interface/cli/training_file.hpp"

#include <optional>

/// \file
/// Hyperparameters of `fit`, from the rows that were kept of its file.

namespace bochner::cli {

/// What was searched for, if anything.
struct FitSearch {
  std::optional<SearchResult> kernel;       ///< kernel and ridge by least squares
  std::optional<LogisticValidation> ridge;  ///< of a logistic regression
};

/// Kernel and ridge, searched for where they were left open, into `plan`: by least squares, and the
/// ridge of a logistic regression by its log loss on part of the rows. Throws UsageError when the
/// map's options do not fit the data.
FitSearch choose_hyperparameters(const TrainingFile& file, const TrainingSummary& summary,
                                 const FitRequest& request, FitPlan& plan);

}  // namespace bochner::cli
