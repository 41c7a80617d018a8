// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/pipeline/fit.hpp"
#include "pipeline/streaming_fit.hpp"
#include "pipeline/training_file.hpp"

#include <string>
#include <vector>

/// \file
/// What a fit is made of, whoever reads the rows.

namespace bochner::pipeline {

/// Of the inputs, by what was found of them.
Standardisation standardisation_of(const TrainingSummary& summary, Index inputs);

/// Throws FileError where matrices of this size have no room.
void require_room(const FitRequest& request, Index outputs);

/// Throws FileError where the columns of a file cannot be named in a model's.
void require_header(const TrainingFile& file, const std::string& output);

/// Inputs that are always the same.
std::vector<std::string> constant_inputs(const TrainingFile& file, const TrainingSummary& summary);

/// What is to be fitted, but for what is searched.
FitPlan plan_of(const FitRequest& request, Standardisation standardisation, Watcher* watcher);

/// Without the models that intervals and feature errors are made from.
Model model_of(const TrainingFile& file, const TrainingSummary& summary, const FitPlan& plan,
               decltype(Model::regression) regression);

}  // namespace bochner::pipeline
