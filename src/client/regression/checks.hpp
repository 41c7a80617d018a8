// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/training_rows.hpp"
#include "bochner/core/error.hpp"

/// \file
/// The door of every function that takes rows.

namespace bochner::regression {

/// Throws InvalidArgument unless the three views fit each other, the map and the number of targets,
/// and hold finite numbers, weights >= 0.
template <Scalar T>
void check_rows(const char* function, const TrainingRows<T>& rows, Index input_dim,
                Index num_targets);

/// Throws InvalidArgument unless x is n x input_dim.
void check_columns(const char* function, const char* argument, Index cols, Index expected,
                   const char* meaning);

}  // namespace bochner::regression
