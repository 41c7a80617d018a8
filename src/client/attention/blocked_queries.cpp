// SPDX-License-Identifier: Apache-2.0
#include "client/attention/blocked_queries.hpp"

#include "client/attention/gathered_rows.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace bochner::attention_internals {

template <Scalar T>
BlockedQueries<T>::BlockedQueries(const BlockedKeys<T>& the_keys, Index the_head)
    : keys(the_keys), head(the_head) {
  require_ranges();
  const AttentionSequence& sequence = keys.sequence;
  rows = keys.transformed(head_rows(keys.call.inputs.queries, sequence.batch, head)
                              .middle_rows(sequence.first_query, sequence.num_queries));
  const bool by_products = keys.bisected && !keys.exact.kernel.shift_invariant();
  blocks =
      keys.cut(by_products ? in_metric_of({keys.rows.view()}, std::as_const(rows).view()) : rows,
               keys.options.exact.blocks.query_rows);
  choices = choose_blocks({sequence, keys.options, blocks, keys.blocks, keys.means, keys.always},
                          std::as_const(rows).view(), keys.call.execution);
  places = blocks.order;
  for (Index& p : places) p += sequence.first_query;
  queries = in_order(keys.call.inputs.queries, copy_);
}

/// In the call, whose rows a refusal names.
template <Scalar T>
void BlockedQueries<T>::require_ranges() const {
  std::array<ExactRange, simd::kBlockRows> ranges;
  for (Index i = 0; i < keys.sequence.num_queries; i += simd::kBlockRows) {
    const Index count = std::min(simd::kBlockRows, keys.sequence.num_queries - i);
    exact_ranges(keys.exact, keys.exact.problem.sequences.front(), head, i,
                 std::span(ranges.data(), static_cast<std::size_t>(count)));
  }
}

template <Scalar T>
AttentionSequence BlockedQueries<T>::block(Index b) const {
  AttentionSequence out;
  out.batch = keys.sequence.batch;
  out.first_head = head;
  out.num_heads = 1;
  out.first_query = blocks.first(b);
  out.num_queries = blocks.end(b) - blocks.first(b);
  return out;
}

template <Scalar T>
TensorView<const T, 4> BlockedQueries<T>::in_order(const TensorView<const T, 4>& tensor,
                                                   Matrix<T>& copy) const {
  if (!keys.bisected) {
    return middle_rows(tensor, keys.sequence.first_query, keys.sequence.num_queries);
  }
  copy = gathered<T>(head_rows(tensor, keys.sequence.batch, head), blocks.rows(),
                     [&](Index r) { return places[static_cast<std::size_t>(r)]; });
  return keys.of_all_heads(std::as_const(copy).view());
}

template struct BlockedQueries<float>;
template struct BlockedQueries<double>;

}  // namespace bochner::attention_internals
