// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/folds.hpp"
#include "bochner/client/regression/logistic_regression.hpp"
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

/// Throws InvalidArgument unless labels are one of `classes` for each row, at least two of them
/// with rows of positive weight, and x and weights are as above.
template <Scalar T>
void check_labelled_rows(const char* function, const LabelledRows<T>& rows, Index input_dim,
                         Index classes);

/// Throws InvalidArgument unless `folds` are of so many rows, at least two of at least two units,
/// each unit in one fold.
void check_folds(const char* function, const Folds& folds, Index rows);

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
