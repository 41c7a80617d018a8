// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/call.hpp"

/// \file
/// The states of whole sequences of keys.

namespace bochner::attention_internals {

/// A batch of head groups with the state of all their keys. Keys are summed a thousand at a time in
/// the scalar type, in parallel, and these sums join the compensated state in order: the same bits
/// for any number of workers.
template <Scalar T>
class KeyStates {
 public:
  explicit KeyStates(const AttentionCall<T>& call);

  /// How many head groups are worth computing at a time.
  Index capacity() const noexcept { return 4 * static_cast<Index>(workers_.size()); }
  /// Computes the states of at most `capacity()` groups.
  void compute(const std::vector<HeadGroup>& groups);
  const PrefixState<T>& operator[](Index group) const {
    return states_[static_cast<std::size_t>(group)];
  }

 private:
  struct Worker {
    explicit Worker(const AttentionCall<T>& call)
        : loader(call),
          keys(call.map, call.problem.value_dim),
          scratch(call.map, call.problem.value_dim) {}
    KeyLoader<T> loader;
    KeyBlock<T> keys;
    KeyScratch<T> scratch;
  };

  void sum_fold(const HeadGroup& group, Index first, Worker& worker, KeySums<T>& sums) const;

  const AttentionCall<T>& call_;
  std::vector<Worker> workers_;
  std::vector<KeySums<T>> sums_;
  std::vector<PrefixState<T>> states_;
};

}  // namespace bochner::attention_internals
