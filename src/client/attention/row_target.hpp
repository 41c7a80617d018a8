// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/problem.hpp"
#include "client/attention/query_block.hpp"
#include "client/attention/row_sums.hpp"

#include <span>

/// \file
/// Where a pass over keys leaves the rows that it has summed.

namespace bochner::attention_internals {

/// Either an output, where rows are divided at once, or sums that other passes add to as well.
template <Scalar T>
class RowTarget {
 public:
  explicit RowTarget(const TensorView<T, 4>& out) : out_(out) {}
  /// For a pass whose queries are in this order.
  RowTarget(RowSums<T>& sums, RowOrder order) : out_(sums.out()), sums_(&sums), order_(order) {}
  /// For a pass over gathered queries: row r of it is row rows[r] of the output.
  RowTarget(RowSums<T>& sums, std::span<const Index> rows)
      : out_(sums.out()), sums_(&sums), rows_(rows) {}

  /// The queries first ... of a head, all of which have seen a key.
  void take(const QueryBlock<T>& queries, const AttentionSequence& sequence, Index head,
            Index first, AttentionReport& report) const;
  /// `count` queries that see none of the keys of this pass.
  void take_empty(const AttentionSequence& sequence, Index head, Index first, Index count,
                  AttentionReport& report) const;
  /// One query, from sums of weights in U.
  template <Scalar U>
  void take_row(const AttentionSequence& sequence, Index head, Index query, const U* numerator,
                U normaliser, double unit) const;

  bool adds() const noexcept { return sums_ != nullptr; }
  /// The rows that queries first ... will be written to, in memory; of gathered queries the first.
  MatrixView<T> rows(const AttentionSequence& sequence, Index head, Index first, Index count) const;

 private:
  Index position(const AttentionSequence& sequence, Index query) const {
    const Index row = sequence.first_query + query;
    if (!rows_.empty()) return rows_[static_cast<std::size_t>(row)];
    return order_ == RowOrder::forward ? row : out_.extent(2) - 1 - row;
  }

  TensorView<T, 4> out_;
  RowSums<T>* sums_ = nullptr;
  RowOrder order_ = RowOrder::forward;
  std::span<const Index> rows_;
};

}  // namespace bochner::attention_internals
