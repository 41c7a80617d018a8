// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/archive.hpp"
#include "bochner/pipeline/model.hpp"
#include "core/door.hpp"

/// \file
/// Intervals and label sets of a model, and their place in its archive.

namespace bochner::pipeline {

/// Adds what the model holds, if anything, each key behind "intervals.".
void add_held_out(const Model& model, Archive& archive);

/// Takes it back; nothing where the archive has none. Throws InvalidArgument saying what is wrong.
decltype(Model::held_out) held_out_of(const Archive& archive);

/// Throws InvalidArgument unless it is of the model's map, scalar and outputs.
void require_consistent_held_out(const Door& door, const Model& model);

}  // namespace bochner::pipeline
