// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/training_rows.hpp"
#include "bochner/core/error.hpp"

#include <string>

/// \file
/// The door of every function that takes rows.

namespace bochner::regression {

/// Of weights and ridges: products of two are in range.
inline constexpr double kLargestNumber = 1e100;
/// Of distances between targets and their offset: sums of squares are in range.
inline constexpr double kLargestTarget = 1e152;

/// Throws InvalidArgument unless the three views fit each other, the map and the number of targets,
/// and hold finite numbers, weights >= 0.
template <Scalar T>
void check_rows(const char* function, const TrainingRows<T>& rows, Index input_dim,
                Index num_targets);

/// Throws InvalidArgument unless x is n x input_dim.
void check_columns(const char* function, const char* argument, Index cols, Index expected,
                   const char* meaning);

/// Throws InvalidArgument unless out is rows x cols.
template <class U>
void check_out(const char* function, const char* argument, const MatrixView<U>& out, Index rows,
               Index cols, const char* meaning) {
  if (out.rows == rows && out.cols == cols) return;
  throw InvalidArgument(std::string(function) + ": " + argument + " is " +
                        std::to_string(out.rows) + " x " + std::to_string(out.cols) +
                        ", expected " + std::to_string(rows) + " x " + std::to_string(cols) + " (" +
                        meaning + ")");
}

}  // namespace bochner::regression
