// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"

#include <algorithm>
#include <vector>

/// \file
/// Rows in an order, cut into blocks of neighbours.

namespace bochner::attention_internals {

/// Block b holds the rows order[first(b)] ... order[end(b) - 1], ascending.
struct BlocksOfRows {
  std::vector<Index> order;
  Index rows_per_block = 1;

  Index rows() const { return static_cast<Index>(order.size()); }
  Index count() const { return (rows() + rows_per_block - 1) / rows_per_block; }
  Index first(Index b) const { return b * rows_per_block; }
  Index end(Index b) const { return std::min(first(b) + rows_per_block, rows()); }
  Index row(Index place) const { return order[static_cast<std::size_t>(place)]; }
};

/// One row after the other.
BlocksOfRows given_blocks(Index rows, Index rows_per_block);

/// R x for the rows of x, where R^T R is the covariance of `others`: the distance of two rows is
/// then the standard deviation, over `others`, of the difference of their products with them. The
/// rows themselves where the covariance has no root. Rows that are not finite do not count.
Matrix<double> in_metric_of(const std::vector<MatrixView<const double>>& others,
                            const MatrixView<const double>& x);

/// Halves the rows by their places along the direction in which they vary most, and each half
/// again, down to blocks; only the last may be short. Rows that are not finite come last.
/// O(n d log n).
BlocksOfRows bisected_blocks(const MatrixView<const double>& x, Index rows_per_block);

}  // namespace bochner::attention_internals
