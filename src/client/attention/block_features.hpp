// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/blocked_queries.hpp"
#include "client/attention/key_sums.hpp"

#include <memory>
#include <vector>

/// \file
/// Features beside blocks that are weighed exactly.

namespace bochner::attention_internals {

/// The features of one key head, summed block by block: the state of a block of queries adds the
/// blocks that it does not weigh exactly, so that nothing is taken out again.
template <Scalar T>
class BlockFeatures {
 public:
  /// Throws InvalidArgument for rows that are too long, by their places in the call.
  explicit BlockFeatures(const BlockedKeys<T>& keys);
  BlockFeatures(const BlockFeatures&) = delete;
  BlockFeatures& operator=(const BlockFeatures&) = delete;

  /// Adds all rows of a head to the sums.
  void add_rows(const BlockedQueries<T>& queries, RowSums<T>& sums) const;

  /// The sum of some blocks.
  PrefixState<T> state(const std::vector<Index>& blocks) const;
  const KeySums<T>& block(Index b) const { return sums_[static_cast<std::size_t>(b)]; }
  /// A call over the keys as passes read them, and its one group: block b is its live keys
  /// first(b) ... end(b) - 1.
  const AttentionCall<T>& call() const noexcept { return call_; }
  HeadGroup group() const { return {&problem_.sequences.front(), keys_.key_head}; }

  /// Refuses rows of a head where passes read copies of them.
  void refuse_copies(const BlockedQueries<T>& queries) const;
  /// Block b of the queries, and where its rows come from.
  MatrixView<const T> rows(const BlockedQueries<T>& queries, Index b) const;
  RowOrigin origin(const BlockedQueries<T>& queries, Index b) const;

 private:
  void sum();

  const BlockedKeys<T>& keys_;
  AttentionInputs<T> inputs_;
  AttentionProblem problem_;
  AttentionCall<T> call_;
  std::vector<KeySums<T>> sums_;  ///< by block
};

}  // namespace bochner::attention_internals
