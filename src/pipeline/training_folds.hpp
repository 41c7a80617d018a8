// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/folds.hpp"
#include "bochner/core/matrix.hpp"
#include "pipeline/training_file.hpp"

#include <vector>

/// \file
/// Which rows of a training file are held out together.

namespace bochner::pipeline {

/// The columns of the file's groups, of rows as `TrainingFile::open` orders columns.
Matrix<double> group_values(const TrainingFile& file, MatrixView<const double> rows);

/// Labels of the groups that such columns name; nothing without columns.
std::vector<Index> groups_of(MatrixView<const double> values);

/// Rows in random order, dealt class by class: the classes of two rows or more are in two folds or
/// more, so that none is lost with one.
Folds class_folds(const std::vector<Index>& labels, Index count, Seed seed);

}  // namespace bochner::pipeline
