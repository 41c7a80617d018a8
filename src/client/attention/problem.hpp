// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/attention.hpp"
#include "bochner/core/matrix.hpp"
#include "core/door.hpp"

#include <memory>
#include <optional>
#include <span>
#include <vector>

/// \file
/// A call to attention, checked and cut into independent sequences.

namespace bochner::attention_internals {

/// Queries and keys that are independent of all others: one batch entry, or one packed sequence of
/// it.
struct AttentionSequence {
  Index batch = 0;
  Index first_query = 0;
  Index num_queries = 0;
  Index first_key = 0;
  Index num_keys = 0;       ///< live ones
  std::vector<Index> live;  ///< their positions after first_key; empty when these are 0, 1, 2, ...
  Index query_offset = 0;   ///< of causal masks and windows
  /// The query heads that it is about: all, unless something depends on the head.
  Index first_head = 0;
  Index num_heads = 0;
  /// Query i sees the live keys at positions i + *from <= p < i + *until; no limit where there is
  /// none. *from < *until.
  std::optional<Index> from;
  std::optional<Index> until;
  /// Live keys that a gate of 0 has cut off before the first of these.
  Index earlier_keys = 0;
  /// The number of the row that is the first of the keys in memory: decay counts from there.
  Index row_number = 0;

  /// Position of the live key `k`.
  Index position(Index k) const { return live.empty() ? k : live[static_cast<std::size_t>(k)]; }
  /// Number of live keys at positions below `end`.
  Index keys_before(Index end) const;
  /// Query i sees the live keys first_visible(i) <= k < visible_end(i).
  Index visible_end(Index i) const;
  Index first_visible(Index i) const;
};

/// The checked call.
struct AttentionProblem {
  Index heads = 0;
  Index key_heads = 0;
  Index heads_per_key_head = 0;
  Index dim = 0;
  Index value_dim = 0;
  std::vector<AttentionSequence> sequences;
  std::span<const double> decay{};  ///< by key head, or empty
  /// By batch entry, key head and row in memory, minus the sum of log2 of the gates up to there
  /// since the last 0; without data none. Rows are contiguous.
  TensorView<const double, 3> gates{};
  std::shared_ptr<const std::vector<double>> gate_memory;  ///< what they may be kept in
};

/// Whether a sequence is about any of the query heads that read a key head.
inline bool is_about(const AttentionProblem& problem, const AttentionSequence& sequence,
                     Index key_head) {
  const Index begin = key_head * problem.heads_per_key_head;
  return begin < sequence.first_head + sequence.num_heads &&
         begin + problem.heads_per_key_head > sequence.first_head;
}

/// Calls body(first row, count) for each run of live keys that follow one another.
template <class Body>
void for_each_live_run(const AttentionSequence& sequence, const Body& body) {
  for (Index k = 0; k < sequence.num_keys;) {
    const Index first = sequence.position(k);
    Index count = 1;
    while (k + count < sequence.num_keys && sequence.position(k + count) == first + count) ++count;
    body(sequence.first_key + first, count);
    k += count;
  }
}

/// The sequence that query `query` of a head of batch entry `batch` belongs to.
const AttentionSequence& sequence_with(const AttentionProblem& problem, Index batch, Index head,
                                       Index query);

/// Throws InvalidArgument when extents or options do not fit.
template <Scalar T>
AttentionProblem attention_problem(const Door& door, const AttentionInputs<T>& inputs,
                                   const AttentionOptions& options);

/// Rows of one head of one batch entry.
template <class T>
MatrixView<T> head_rows(const TensorView<T, 4>& tensor, Index batch, Index head) {
  return {tensor.data + batch * tensor.stride(0) + head * tensor.stride(1), tensor.extent(2),
          tensor.extent(3), tensor.stride(2), tensor.stride(3)};
}

/// The live keys first .. first + count - 1 of a sequence (or their values), for `rows` of one
/// head: a view where they follow each other, otherwise copied into `buffer`.
template <Scalar T>
MatrixView<const T> live_rows(const AttentionSequence& sequence, MatrixView<const T> rows,
                              Index first, Index count, Matrix<T>& buffer);

}  // namespace bochner::attention_internals
