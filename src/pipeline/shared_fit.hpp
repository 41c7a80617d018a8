// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/pipeline/fit.hpp"
#include "pipeline/partners.hpp"

#include <functional>
#include <optional>

/// \file
/// A model from the files of several processes.

namespace bochner::pipeline {

/// Fits one model to the rows of all ranks, each of which reads the file that its request names;
/// the other members are the same everywhere. Means, deviations and the sample that is searched on
/// are those of all rows together; each rank sums its rows, rank 0 merges the sums, solves and
/// writes. Returns the model on rank 0, nothing elsewhere. The same bits for the same files on as
/// many ranks. `watcher` and `before_writing` as in `fit`.
///
/// What is wrong on one rank is thrown on all, as InvalidArgument that names it: what `fit` throws,
/// and files of other columns. A request that is wrong without a file, or for what is not offered
/// here (classes, groups, studies, an iterative solver, checkpoints), is thrown on all as
/// InvalidRequest.
std::optional<Fitted> fit_together(const FitRequest& request, const Partners& partners,
                                   Watcher* watcher = nullptr,
                                   const std::function<void(const Fitted&)>& before_writing = {});

}  // namespace bochner::pipeline
