// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/pipeline/fit.hpp"
#include "bochner/pipeline/model.hpp"
#include "pipeline/streaming_fit.hpp"
#include "pipeline/training_file.hpp"

#include <vector>

/// \file
/// The models without some of the rows of a file, for intervals and label sets.

namespace bochner::pipeline {

/// As `request.intervals` says, with the kernel and ridge of `plan`; rows are held in memory in T.
/// Rows of a group, by the columns that the request names or else by the inputs that a search
/// found, are left out together. Throws FileError when rows or groups are too few, and Interrupted.
template <Scalar T>
decltype(Model::held_out) fit_held_out(const TrainingFile& file, const TrainingSummary& summary,
                                       const FitRequest& request, const FitPlan& plan,
                                       const std::vector<Index>& found_groups);

extern template decltype(Model::held_out) fit_held_out<float>(const TrainingFile&,
                                                              const TrainingSummary&,
                                                              const FitRequest&, const FitPlan&,
                                                              const std::vector<Index>&);
extern template decltype(Model::held_out) fit_held_out<double>(const TrainingFile&,
                                                               const TrainingSummary&,
                                                               const FitRequest&, const FitPlan&,
                                                               const std::vector<Index>&);

}  // namespace bochner::pipeline
