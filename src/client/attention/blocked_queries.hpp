// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/block_choice.hpp"
#include "client/attention/blocked_keys.hpp"
#include "client/attention/row_target.hpp"
#include "client/attention/row_totals.hpp"

#include <vector>

/// \file
/// Queries in blocks of neighbouring rows.

namespace bochner::attention_internals {

/// One query head of a sequence, with the blocks of keys that each of its blocks weighs exactly.
/// Passes read its rows in the order of the blocks: where they are, or copies with bisection.
template <Scalar T>
struct BlockedQueries {
  /// Throws InvalidArgument when products of rows could overflow, by their places in the call.
  BlockedQueries(const BlockedKeys<T>& keys, Index head);

  /// Block b of the queries as a sequence of `queries`; it has no keys yet.
  AttentionSequence block(Index b) const;
  /// The rows that belong to these queries, in the order of the blocks, of a tensor that has one
  /// for each query of the call: where they are, or in `copy`.
  TensorView<const T, 4> in_order(const TensorView<const T, 4>& tensor, Matrix<T>& copy) const;

  RowTarget<T> target(RowSums<T>& sums) const { return {sums, std::span<const Index>(places)}; }
  RowTotals<T> totals(const RowSums<T>& sums) const {
    return {sums, std::span<const Index>(places)};
  }

  const BlockedKeys<T>& keys;
  Index head;
  Matrix<double> rows;  ///< A(q - c), in the order of the call
  BlocksOfRows blocks;
  std::vector<BlockChoice> choices;  ///< by block
  std::vector<Index> places;         ///< rows in the call, in the order of the blocks
  TensorView<const T, 4> queries;    ///< what passes read

 private:
  void require_ranges() const;

  Matrix<T> copy_;
};

/// `count` rows of a tensor from `first` on, of all heads, if it has data.
template <class T>
TensorView<T, 4> middle_rows(TensorView<T, 4> x, Index first, Index count) {
  if (x.data == nullptr) return x;
  if (count > 0) x.data += first * x.strides[2];
  x.extents[2] = count;
  return x;
}

}  // namespace bochner::attention_internals
