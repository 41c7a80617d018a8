// SPDX-License-Identifier: Apache-2.0
#include "client/attention/block_features.hpp"

namespace bochner::attention_internals {
namespace {

template <Scalar T>
struct BlockKeysWorker {
  explicit BlockKeysWorker(const AttentionCall<T>& call)
      : loader(call),
        scratch(call.map, call.problem.value_dim),
        keys(call.map, call.problem.value_dim) {}
  KeyLoader<T> loader;
  KeyScratch<T> scratch;
  KeyBlock<T> keys;
};

}  // namespace

template <Scalar T>
BlockFeatures<T>::BlockFeatures(const BlockedKeys<T>& keys)
    : keys_(keys),
      inputs_{keys.call.inputs.queries, keys.keys, keys.values},
      problem_(keys.problem_of(keys.call.problem.dim)),
      call_{keys.call.door, keys.call.map,       inputs_,
            problem_,       keys.call.execution, keys.call.products} {
  problem_.sequences = {keys.all_keys()};
  if (keys.bisected) {
    const AttentionSequence& sequence = keys.sequence;
    const auto rows = head_rows(keys.call.inputs.keys, sequence.batch, keys.key_head);
    for_each_live_run(sequence, [&](Index first, Index count) {
      refuse_rows(call_.map, Side::key, rows.middle_rows(first, count),
                  {call_.door, "keys", sequence.batch, keys.key_head, first});
    });
  }
  sum();
}

template <Scalar T>
void BlockFeatures<T>::sum() {
  const BlocksOfRows& blocks = keys_.blocks;
  for (Index b = 0; b < blocks.count(); ++b) {
    sums_.emplace_back(call_.map, call_.problem.value_dim, call_.products);
  }
  std::vector<std::unique_ptr<BlockKeysWorker<T>>> workers;
  for (int w = 0; w < worker_count(blocks.count(), call_.execution); ++w) {
    workers.push_back(std::make_unique<BlockKeysWorker<T>>(call_));
  }
  parallel_for_blocks(blocks.count(), call_.execution, [&](Index b, int w) {
    auto& [loader, scratch, keys] = *workers[static_cast<std::size_t>(w)];
    keys.clear();
    loader.load(group(), blocks.first(b), blocks.end(b) - blocks.first(b), keys, scratch);
    keys.top_exponents(scratch.reference);
    keys.weigh(scratch.reference);
    keys.sum_mass();
    KeySums<T>& sums = sums_[static_cast<std::size_t>(b)];
    sums.reset(keys.reference());
    sums.add(keys);
  });
}

template <Scalar T>
PrefixState<T> BlockFeatures<T>::state(const std::vector<Index>& blocks) const {
  PrefixState<T> state(call_.map.num_features(), call_.problem.value_dim);
  for (const Index b : blocks) state.add(block(b));
  return state;
}

template <Scalar T>
void BlockFeatures<T>::refuse_copies(const BlockedQueries<T>& queries) const {
  if (!keys_.bisected) return;
  const AttentionSequence& sequence = keys_.sequence;
  refuse_rows(call_.map, Side::query,
              head_rows(keys_.call.inputs.queries, sequence.batch, queries.head)
                  .middle_rows(sequence.first_query, sequence.num_queries),
              {call_.door, "queries", sequence.batch, queries.head, sequence.first_query});
}

template <Scalar T>
MatrixView<const T> BlockFeatures<T>::rows(const BlockedQueries<T>& queries, Index b) const {
  const AttentionSequence part = queries.block(b);
  return query_rows(queries.queries, part, queries.head, 0, part.num_queries);
}

template <Scalar T>
RowOrigin BlockFeatures<T>::origin(const BlockedQueries<T>& queries, Index b) const {
  const auto first = static_cast<std::size_t>(queries.blocks.first(b));
  return {call_.door, "queries", keys_.sequence.batch, queries.head, queries.places[first]};
}

template <Scalar T>
void BlockFeatures<T>::add_rows(const BlockedQueries<T>& queries, RowSums<T>& sums) const {
  refuse_copies(queries);
  const RowTarget<T> target = queries.target(sums);
  const Index count = queries.blocks.count();
  std::vector<std::unique_ptr<QueryBlock<T>>> workers;
  for (int w = 0; w < worker_count(count, call_.execution); ++w) {
    workers.push_back(
        std::make_unique<QueryBlock<T>>(call_.map, call_.problem.value_dim, call_.products));
  }
  parallel_for_blocks(count, call_.execution, [&](Index b, int w) {
    const std::vector<Index>& rest = queries.choices[static_cast<std::size_t>(b)].rest;
    if (rest.empty()) return;
    const PrefixState<T> sum = state(rest);
    const PrefixView<T> view = sum.view();
    QueryBlock<T>& block = *workers[static_cast<std::size_t>(w)];
    block.load(rows(queries, b), view.exponent, origin(queries, b));
    block.prepare(view);
    block.collect(view);
    AttentionReport report;
    target.take(block, queries.block(b), queries.head, 0, report);
  });
}

template class BlockFeatures<float>;
template class BlockFeatures<double>;

}  // namespace bochner::attention_internals
