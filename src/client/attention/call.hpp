// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/key_stream.hpp"
#include "client/attention/problem.hpp"
#include "client/attention/row_sums.hpp"
#include "core/parallel.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

/// \file
/// What forward and backward passes share.

namespace bochner::attention_internals {

/// How a user counts rows from `row` on, of `total`.
struct RowNumber {
  RowNumber(RowOrder order, Index total, Index row)
      : first(order == RowOrder::forward ? row : total - 1 - row),
        step(order == RowOrder::forward ? 1 : -1) {}
  Index first;
  Index step;
};

/// A checked call.
template <Scalar T>
struct AttentionCall {
  Door door;
  const BlockMap<T>& map;
  const AttentionInputs<T>& inputs;
  const AttentionProblem& problem;
  const Execution& execution;
  Products products = Products::full;
  RowOrder order = RowOrder::forward;  ///< of the rows of all inputs, as the user counts them
};

/// `attention_problem` for this map. Throws InvalidArgument also when an option needs the weights
/// themselves.
template <Scalar T>
AttentionProblem linear_problem(const Door& door, const BlockMap<T>& map,
                                const AttentionInputs<T>& inputs, const AttentionOptions& options);

/// Whether a call is more than features for all pairs.
bool weighs_exactly(const AttentionOptions& options);

/// Throws InvalidArgument when `options` ask for pairs that are weighed exactly.
void require_features_only(const Door& door, const AttentionOptions& options);

/// Rows have the map's input_dim.
void require_dim(const Door& door, const AttentionProblem& problem, Index input_dim);

/// One key head of one sequence, with the query heads that it serves: what a state belongs to.
struct HeadGroup {
  const AttentionSequence* sequence;
  Index key_head;
};

std::vector<HeadGroup> head_groups(const AttentionProblem& problem);

/// Calls body(part of `groups`) with at most `size` of them at a time, in order.
template <class Body>
void for_each_batch(const std::vector<HeadGroup>& groups, Index size, const Body& body) {
  for (Index first = 0; first < static_cast<Index>(groups.size()); first += size) {
    const auto begin = groups.begin() + first;
    body(std::vector<HeadGroup>(begin, begin + std::min<Index>(size, groups.end() - begin)));
  }
}

/// A block of 64 queries of one head.
struct QueryTask {
  Index group;  ///< which of a batch of head groups the head belongs to
  Index head;
  Index first;
};

std::vector<QueryTask> query_tasks(const AttentionProblem& problem,
                                   const std::vector<HeadGroup>& groups);

/// Adds what workers counted.
AttentionReport sum_reports(const std::vector<AttentionReport>& reports);

/// Hands over the live keys first .. first + count - 1 (at most 64) of a head group.
template <Scalar T>
class KeyLoader {
 public:
  explicit KeyLoader(const AttentionCall<T>& call);
  /// Maps them.
  void load(const HeadGroup& group, Index first, Index count, KeyBlock<T>& block,
            KeyScratch<T>& scratch);
  /// Extends a stream; returns by how many.
  Index extend(const HeadGroup& group, Index first, Index count, KeyStream<T>& stream,
               KeyScratch<T>& scratch);

  struct Rows {
    MatrixView<const T> keys;
    MatrixView<const T> values;
    RowOrigin origin;
    std::span<const double> log2_factor;
  };
  /// The rows themselves, good until the next call.
  Rows rows(const HeadGroup& group, Index first, Index count);

 private:
  const AttentionCall<T>* call_;
  Matrix<T> key_buffer_;
  Matrix<T> value_buffer_;
  std::array<double, simd::kBlockRows> factor_buffer_{};
};

/// Rows first .. first + count - 1 of query head `head` of a sequence, in any tensor with one row
/// per query.
template <class T>
MatrixView<T> query_rows(const TensorView<T, 4>& tensor, const AttentionSequence& sequence,
                         Index head, Index first, Index count) {
  return head_rows(tensor, sequence.batch, head).middle_rows(sequence.first_query + first, count);
}

/// Where these queries come from, and what to prefetch: the next queries and the other rows.
template <Scalar T>
RowOrigin query_origin(const AttentionCall<T>& call, const AttentionSequence& sequence, Index head,
                       Index first, Index count, const simd::RowsAhead& other,
                       const simd::RowsAhead& another = {}) {
  const auto rows = head_rows(call.inputs.queries, sequence.batch, head);
  const Index row = sequence.first_query + first;
  const RowNumber number(call.order, rows.rows, row);
  return {call.door,  "queries",    sequence.batch,
          head,       number.first, {rows_ahead(rows, row + count), other, another},
          number.step};
}

/// The first query of a sequence with an `until` that sees live key k.
Index first_query_seeing(const AttentionSequence& sequence, Index k);

/// The most workers that there can be.
inline Index available_workers(const Execution& execution) {
  return worker_count(Index{1} << 40, execution);
}

/// Calls body(head, first, count) for the queries begin .. end - 1 of each query head of a group, a
/// block at a time.
template <class Body>
void for_each_query_block(const AttentionProblem& problem, const HeadGroup& group, Index begin,
                          Index end, const Body& body) {
  for (Index h = 0; h < problem.heads_per_key_head; ++h) {
    const Index head = group.key_head * problem.heads_per_key_head + h;
    for (Index i = begin; i < end; i += simd::kBlockRows) {
      body(head, i, std::min(simd::kBlockRows, end - i));
    }
  }
}

/// How many of the live keys from `open` on the queries first .. first + count - 1 see, for keys
/// that the last of them sees.
inline std::array<std::int32_t, simd::kBlockRows> seen_from(const AttentionSequence& sequence,
                                                            Index first, Index count, Index open) {
  std::array<std::int32_t, simd::kBlockRows> seen;
  for (Index r = 0; r < count; ++r) {
    seen[static_cast<std::size_t>(r)] =
        static_cast<std::int32_t>(sequence.visible_end(first + r) - open);
  }
  return seen;
}

/// Blocks of at most `size` that cover n.
constexpr Index blocks_of(Index n, Index size) { return (n + size - 1) / size; }

/// Calls body(task, worker) for each of `count` tasks. A worker takes neighbouring tasks one after
/// the other, so that the prefetches of one serve the next.
template <class Body>
void parallel_for_runs(Index count, const Execution& execution, const Body& body) {
  const Index run = std::clamp<Index>(count / (8 * worker_count(count, execution)), 1, 16);
  parallel_for_blocks(blocks_of(count, run), execution, [&](Index i, int worker) {
    for (Index t = i * run; t < std::min(count, (i + 1) * run); ++t) body(t, worker);
  });
}

}  // namespace bochner::attention_internals
