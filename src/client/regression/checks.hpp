// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/folds.hpp"
#include "bochner/client/regression/logistic_regression.hpp"
#include "bochner/client/regression/training_rows.hpp"
#include "core/door.hpp"

#include <span>

/// \file
/// What the door of a regression checks besides numbers and shapes. All throw InvalidArgument.

namespace bochner::regression {

/// Bound on weights and ridges: products of two are in range.
inline constexpr double kLargestNumber = 1e100;
/// Bound on distances between targets and their offset: sums of squares are in range.
inline constexpr double kLargestTarget = 1e152;

/// Unless the three views fit each other, the map and the number of targets, and hold finite
/// numbers, weights >= 0.
template <Scalar T>
void require_rows(const Door& door, const TrainingRows<T>& rows, Index input_dim,
                  Index num_targets);

/// Unless squares of the targets' distances from `offset` (none: zeros) are in range.
template <Scalar T>
void require_distances(const Door& door, const TrainingRows<T>& rows,
                       std::span<const double> offset);

/// Unless there is one label in [0, classes) per row, at least two of them with rows of positive
/// weight, and x and weights are as above.
template <Scalar T>
void require_labelled_rows(const Door& door, const LabelledRows<T>& rows, Index input_dim,
                           Index classes);

/// Unless every label is in [0, classes).
void require_labels(const Door& door, std::span<const Index> labels, Index classes);

/// Unless the sum of the rows' weights is positive.
void require_weight(const Door& door, double sum);

/// Unless `folds` divide that many rows into at least two folds of at least two units, each unit in
/// one fold.
void require_folds(const Door& door, const Folds& folds, Index rows);

/// Unless the rows outside each fold hold two classes, which the model that predicts it must know.
template <Scalar T>
void require_classes_outside_folds(const Door& door, const LabelledRows<T>& rows,
                                   const Folds& folds);

/// Unless lambda is in [0, 1e100].
void require_ridge(const Door& door, double ridge);

/// Unless there are ridges, each as above.
void require_ridges(const Door& door, std::span<const double> ridges);

}  // namespace bochner::regression
