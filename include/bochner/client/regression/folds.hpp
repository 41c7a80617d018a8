// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/random/stream.hpp>

#include <span>
#include <vector>

/// \file
/// Which rows are held out together.

namespace bochner {

/// A partition of rows for cross-validation. Rows of one unit share a fold; units are what is taken
/// to be independent when a mean loss is given a standard error.
struct Folds {
  Index count = 0;          ///< k
  std::vector<Index> fold;  ///< in [0, k), one per row
  std::vector<Index> unit;  ///< in [0, num_units), one per row
  Index num_units = 0;
};

/// Rows in random order, dealt to `count` folds; every row is a unit. A function of the arguments
/// alone. Throws InvalidArgument unless 2 <= count <= num_rows.
BOCHNER_EXPORT Folds row_folds(Index num_rows, Index count, Seed seed);

/// Groups in random order, each to the fold that has the fewest rows so far; every group is a unit.
/// `groups` has one label per row, any numbers. Throws InvalidArgument when there are fewer groups
/// than folds or fewer than 2 folds.
BOCHNER_EXPORT Folds group_folds(std::span<const Index> groups, Index count, Seed seed);

}  // namespace bochner
