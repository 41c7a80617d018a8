// SPDX-License-Identifier: Apache-2.0
#include "client/attention/backward.hpp"
#include "client/attention/snapshot.hpp"

#include <algorithm>
#include <memory>

namespace bochner::attention_internals {
namespace {

/// Pieces of keys whose states are held at a time; the states between such runs are kept from a
/// first pass.
constexpr std::size_t kRun = 16;

/// Keys begin .. end - 1, as `KeyStream` cuts them.
struct Piece {
  Index begin;
  Index end;
};

/// One head group after the other: states forward, then gradients backward.
template <Scalar T>
class CausalGradient {
 public:
  explicit CausalGradient(const BackwardCall<T>& call)
      : call_(call),
        forward_(call.forward),
        loader_(forward_),
        scratch_(forward_.map, forward_.problem.value_dim),
        queries_(forward_.map, forward_.problem.value_dim),
        gradient_(forward_, call.gradients),
        packed_(forward_.map),
        state_values_(forward_.map.num_features(), forward_.problem.value_dim),
        sum_values_(forward_.map.num_features(), forward_.problem.value_dim),
        key_values_(simd::kBlockRows, forward_.problem.value_dim),
        sums_(forward_.map, forward_.problem.value_dim) {
    for (std::size_t p = 0; p < kRun; ++p) {
      keys_.emplace_back(forward_.map, forward_.problem.value_dim);
      before_.emplace_back(forward_.map, forward_.problem.value_dim);
    }
  }

  void run(const HeadGroup& group) {
    find_pieces(group);
    GradientState<T> later(forward_.map, forward_.problem.value_dim);
    for (std::size_t run = checkpoints_.size(); run-- > 0;) {
      const std::size_t first = run * kRun;
      const std::size_t last = std::min(first + kRun, pieces_.size());
      restate(group, checkpoints_[run], first, last);
      for (std::size_t p = last; p-- > first;) piece(group, p, later);
    }
  }

 private:
  /// Cuts the keys into pieces and keeps the state before every kRun of them.
  void find_pieces(const HeadGroup& group) {
    pieces_.clear();
    checkpoints_.clear();
    KeyStream<T> stream(forward_.map, forward_.problem.value_dim);
    const Index keys = group.sequence->num_keys;
    for (Index k = 0; k < keys;) {
      const Index rest = std::min(simd::kBlockRows - k % simd::kBlockRows, keys - k);
      const Index count = loader_.extend(group, k, rest, stream, scratch_);
      // Extending has closed the piece before, and raised exponents for this one.
      if (pieces_.size() % kRun == 0) checkpoints_.push_back(stream.state());
      pieces_.push_back({k, k + count});
      k += count;
    }
  }

  /// The keys of a run of pieces, and the state before each.
  void restate(const HeadGroup& group, PrefixState<T> state, std::size_t first, std::size_t last) {
    for (std::size_t p = first; p < last; ++p) {
      const auto [begin, end] = pieces_[p];
      KeyBlock<T>& keys = keys_[p - first];
      keys.clear();
      loader_.load(group, begin, end - begin, keys, scratch_);
      keys.exponents_of(0, scratch_.reference);
      state.raise(scratch_.reference);
      keys.weigh(state.exponents());
      before_[p - first].take(state);
      keys.sum_mass();
      scratch_.sums.reset(state.exponents());
      scratch_.sums.add(keys);
      state.add(scratch_.sums);
    }
  }

  /// All gradients that meet in one piece: of its keys from all later queries and its own, of its
  /// queries from all earlier keys and its own.
  void piece(const HeadGroup& group, std::size_t p, GradientState<T>& later) {
    const Index begin = pieces_[p].begin;
    const Index end = pieces_[p].end;
    const KeyBlock<T>& keys = keys_[p % kRun];
    const Snapshot<T>& before = before_[p % kRun];
    const Index features = forward_.map.num_features();
    if (call_.of_queries()) {
      state_values_.pack(before.values.data(), before.values.cols(), features);
    }
    if (call_.of_queries() || call_.of_keys()) {
      key_values_.pack(keys.values().data(), keys.values().cols(), keys.rows());
    }
    packed_.pack(keys, before.view());
    if (call_.of_keys_or_values()) {
      later.lower(before.exponent);
      if (call_.of_keys()) sum_values_.pack(later.values().data(), later.values().cols(), features);
      gradient_.from_state(keys, later.values(), later.mass().data(), sum_values_);
    }

    const AttentionSequence& sequence = *group.sequence;
    const Index first = first_query_seeing(sequence, begin);
    const Index last =
        end == sequence.num_keys ? sequence.num_queries : first_query_seeing(sequence, end);
    sums_.clear();
    for_each_query_block(forward_.problem, group, first, last,
                         [&](Index head, Index i, Index count) {
                           queries(sequence, head, i, count, begin, keys, before);
                         });
    if (!call_.of_keys_or_values()) return;
    gradient_.finish(keys, group, begin);
    later.add(sums_);
  }

  void queries(const AttentionSequence& sequence, Index head, Index first, Index count, Index begin,
               const KeyBlock<T>& keys, const Snapshot<T>& before) {
    const auto rows = [&](const auto& tensor) {
      return query_rows(tensor, sequence, head, first, count);
    };
    const auto seen = seen_from(sequence, first, count, begin);
    const std::span<const std::int32_t> counts(seen.data(), static_cast<std::size_t>(count));
    const PrefixView<T> state = before.view();
    RowOrigin origin =
        query_origin(forward_, sequence, head, first, count, rows_ahead(rows(call_.out), 0),
                     rows_ahead(rows(call_.out_gradient), 0));
    // Pieces go backward.
    const Index before_these = std::max<Index>(first - simd::kBlockRows, 0);
    origin.ahead[0] = rows_ahead(
        query_rows(forward_.inputs.queries, sequence, head, before_these, first - before_these), 0);
    queries_.load(rows(forward_.inputs.queries), state.exponent, origin);
    queries_.queries().collect_mass(state);
    queries_.queries().score(keys, packed_, counts);
    if (call_.totals) call_.totals->apply(queries_.queries(), sequence, head, first);
    queries_.normalise(rows(call_.out), rows(call_.out_gradient));
    if (call_.of_queries() || call_.of_keys()) queries_.pair_with(keys, key_values_, counts);
    if (call_.of_queries()) {
      queries_.from_state(state_values_, state.mass);
      queries_.from_pairs(keys, counts);
      queries_.finish(rows(call_.gradients.queries));
    }
    if (call_.of_keys_or_values()) {
      gradient_.from_queries(keys, queries_, counts);
      sums_.add(queries_.queries().weights(), count, queries_.g_values(), queries_.g_mass());
    }
  }

  const BackwardCall<T>& call_;
  const AttentionCall<T>& forward_;
  KeyLoader<T> loader_;
  KeyScratch<T> scratch_;
  QueryGradient<T> queries_;
  KeyGradient<T> gradient_;
  PackedKeys<T> packed_;
  PackedTranspose<T> state_values_;  ///< S^T
  PackedTranspose<T> sum_values_;    ///< T^T
  PackedTranspose<T> key_values_;    ///< V^T
  GradientSums<T> sums_;
  std::vector<KeyBlock<T>> keys_;
  std::vector<Snapshot<T>> before_;
  std::vector<Piece> pieces_;
  std::vector<PrefixState<T>> checkpoints_;
};

}  // namespace

template <Scalar T>
void causal_gradient(const BackwardCall<T>& call) {
  const std::vector<HeadGroup> groups = head_groups(call.forward.problem);
  const auto count = static_cast<Index>(groups.size());
  std::vector<std::unique_ptr<CausalGradient<T>>> workers;
  for (int w = 0; w < worker_count(count, call.forward.execution); ++w) {
    workers.push_back(std::make_unique<CausalGradient<T>>(call));
  }
  parallel_for_blocks(count, call.forward.execution, [&](Index g, int w) {
    workers[static_cast<std::size_t>(w)]->run(groups[static_cast<std::size_t>(g)]);
  });
}

template void causal_gradient(const BackwardCall<float>&);
template void causal_gradient(const BackwardCall<double>&);

}  // namespace bochner::attention_internals
