// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/blocked_queries.hpp"

/// \file
/// What blocks of queries weigh by the kernel itself: keys, and blocks as their means.

namespace bochner::attention_internals {

/// A pass in which each block of queries of one head has keys of its own.
template <Scalar T>
class BlockPass {
 public:
  BlockPass(const BlockPass&) = delete;
  BlockPass& operator=(const BlockPass&) = delete;

  /// Adds all rows to the sums.
  void add_rows(RowSums<T>& sums) const;
  /// Adds to sums without columns.
  void add_normalisers(RowSums<T>& sums);

  const ExactCall<T>& call() const noexcept { return call_; }

 protected:
  BlockPass(const BlockedQueries<T>& queries, const ExactKernel& kernel,
            const AttentionInputs<T>& inputs);
  ~BlockPass() = default;

  const BlockedQueries<T>& queries() const noexcept { return queries_; }
  const AttentionInputs<T>& inputs() const noexcept { return inputs_; }
  /// A block of queries with its keys, if it has any.
  void add(AttentionSequence part, ExactGroup group);

 private:
  const BlockedQueries<T>& queries_;
  AttentionInputs<T> inputs_;
  ExactCall<T> call_;
};

/// The keys of the blocks that are chosen.
template <Scalar T>
class ChosenKeys final : public BlockPass<T> {
 public:
  explicit ChosenKeys(const BlockedQueries<T>& queries);
};

/// The means of the other blocks.
template <Scalar T>
class MeansOfRest final : public BlockPass<T> {
 public:
  explicit MeansOfRest(const BlockedQueries<T>& queries)
      : MeansOfRest(queries, lengthened(queries)) {}

 private:
  MeansOfRest(const BlockedQueries<T>& queries, Matrix<T> longer);
  static Matrix<T> lengthened(const BlockedQueries<T>& queries);

  Matrix<T> longer_;  ///< queries, in the order of their blocks
};

}  // namespace bochner::attention_internals
