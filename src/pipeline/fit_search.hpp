// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/pipeline/fit.hpp"
#include "pipeline/streaming_fit.hpp"
#include "pipeline/training_file.hpp"

/// \file
/// Hyperparameters of `fit`, from the rows that were kept of its file.

namespace bochner::pipeline {

/// Kernel and ridge, searched for where they were left open, into `plan`: by least squares, and the
/// ridge of a logistic regression by its log loss on part of the rows. Throws InvalidArgument
/// when the map's options do not fit the data, and FileError when the rows are too few.
FitSearch choose_hyperparameters(const TrainingFile& file, const TrainingSummary& summary,
                                 const FitRequest& request, FitPlan& plan);

}  // namespace bochner::pipeline
