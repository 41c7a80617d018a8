// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/archive.hpp"
#include "bochner/pipeline/model.hpp"
#include "core/door.hpp"

/// \file
/// The models of other draws of the frequencies that a model holds, and their place in its archive.

namespace bochner::pipeline {

/// Adds what the model holds, if anything, each key behind "feature_errors.".
void add_feature_errors(const Model& model, Archive& archive);

/// Takes it back; nothing where the archive has none. Throws InvalidArgument saying what is wrong.
decltype(Model::feature_errors) feature_errors_of(const Archive& archive);

/// Throws InvalidArgument unless it is of the model's map, scalar and targets.
void require_consistent_feature_errors(const Door& door, const Model& model);

}  // namespace bochner::pipeline
