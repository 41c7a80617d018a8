// SPDX-License-Identifier: Apache-2.0
#include "client/attention/causal.hpp"

#include "client/attention/snapshot.hpp"

#include <algorithm>
#include <memory>

namespace bochner::attention_internals {
namespace {

constexpr Index kChunk = simd::kBlockRows;

template <Scalar T>
class Causal {
 public:
  Causal(const AttentionCall<T>& call, const RowTarget<T>& target) : call_(call), target_(target) {}

  AttentionReport run() {
    const std::vector<HeadGroup> groups = head_groups(call_.problem);
    if (groups.empty()) return {};
    const Index available = available_workers(call_.execution);
    for (Index w = 0; w < available; ++w) workers_.push_back(std::make_unique<Worker>(call_));
    // Enough heads to share out, or one after the other with all workers inside it.
    const auto count = static_cast<Index>(groups.size());
    if (available == 1 || count >= 2 * available) {
      parallel_for_blocks(count, call_.execution, [&](Index g, int worker) {
        serial(groups[static_cast<std::size_t>(g)], *workers_[static_cast<std::size_t>(worker)]);
      });
    } else {
      for (Index s = 0; s < kChunksPerWorker * available; ++s) {
        slots_.push_back(std::make_unique<Slot>(call_));
      }
      for (const HeadGroup& group : groups) parallel(group);
    }
    std::vector<AttentionReport> reports;
    for (const auto& worker : workers_) reports.push_back(worker->report);
    return sum_reports(reports);
  }

 private:
  /// Chunks that are in work at a time, for each worker.
  static constexpr Index kChunksPerWorker = 8;

  struct Worker {
    explicit Worker(const AttentionCall<T>& call)
        : loader(call),
          scratch(call.map, call.problem.value_dim, call.products),
          packed(call.map),
          queries(call.map, call.problem.value_dim, call.products) {}
    KeyLoader<T> loader;
    KeyScratch<T> scratch;
    PackedKeys<T> packed;
    QueryBlock<T> queries;
    AttentionReport report;
  };

  /// A chunk between the passes over a wave of chunks.
  struct Slot {
    explicit Slot(const AttentionCall<T>& call)
        : keys(call.map, call.problem.value_dim),
          sums(call.map, call.problem.value_dim, call.products),
          before(call.map, call.problem.value_dim) {}
    KeyBlock<T> keys;
    KeySums<T> sums;
    Snapshot<T> before;
    bool whole = false;  ///< its first key's references serve all of it
  };

  void serial(const HeadGroup& group, Worker& worker) const {
    empty_rows(group, worker);
    KeyStream<T> stream(call_.map, call_.problem.value_dim);
    const Index keys = group.sequence->num_keys;
    for (Index k = 0; k < keys; k += kChunk) {
      chunk(group, k, std::min(k + kChunk, keys), stream, worker);
    }
  }

  /// The same, many chunks at a time: their keys at once, their sums into the state in order, their
  /// queries at once.
  void parallel(const HeadGroup& group) {
    empty_rows(group, *workers_.front());
    KeyStream<T> stream(call_.map, call_.problem.value_dim);
    const Index keys = group.sequence->num_keys;
    const Index wave = static_cast<Index>(slots_.size()) * kChunk;
    for (Index first = 0; first < keys; first += wave) {
      const Index chunks = blocks_of(std::min(wave, keys - first), kChunk);
      const auto begin_of = [&](Index c) { return first + c * kChunk; };
      const auto end_of = [&](Index c) { return std::min(begin_of(c) + kChunk, keys); };
      parallel_for_blocks(chunks, call_.execution, [&](Index c, int w) {
        sum_chunk(group, begin_of(c), end_of(c), *slots_[static_cast<std::size_t>(c)],
                  *workers_[static_cast<std::size_t>(w)]);
      });
      for (Index c = 0; c < chunks; ++c) {
        Slot& slot = *slots_[static_cast<std::size_t>(c)];
        if (slot.whole) {
          stream.add_chunk(slot.keys.reference(), slot.sums,
                           [&](const PrefixState<T>& state) { slot.before.take(state); });
        } else {
          chunk(group, begin_of(c), end_of(c), stream, *workers_.front());
          stream.close(workers_.front()->scratch);
        }
      }
      parallel_for_blocks(chunks, call_.execution, [&](Index c, int w) {
        const Slot& slot = *slots_[static_cast<std::size_t>(c)];
        if (!slot.whole) return;
        Worker& worker = *workers_[static_cast<std::size_t>(w)];
        worker.packed.pack(slot.keys, slot.before.view());
        attend(group, begin_of(c), end_of(c), slot.before.view(), slot.keys, worker.packed, worker);
      });
    }
  }

  /// The keys begin .. end - 1, all of a chunk, and the queries that see the last of them.
  void chunk(const HeadGroup& group, Index begin, Index end, KeyStream<T>& stream,
             Worker& worker) const {
    for (Index k = begin; k < end;) {
      const Index piece = worker.loader.extend(group, k, end - k, stream, worker.scratch);
      stream.pack();
      attend(group, k, k + piece, stream.state().view(), stream.open(), stream.packed(), worker);
      k += piece;
    }
  }

  /// A chunk as the one piece that it nearly always is.
  static void sum_chunk(const HeadGroup& group, Index begin, Index end, Slot& slot,
                        Worker& worker) {
    KeyBlock<T>& keys = slot.keys;
    keys.clear();
    worker.loader.load(group, begin, end - begin, keys, worker.scratch);
    keys.exponents_of(0, worker.scratch.reference);
    keys.weigh(worker.scratch.reference);
    keys.sum_mass();
    slot.whole = keys.mass_in_range() || keys.first_over(1) == keys.rows();
    if (!slot.whole) return;
    slot.sums.reset(keys.reference());
    slot.sums.add(keys);
  }

  /// The queries whose last visible key is one of begin .. end - 1, which `keys` has and `packed`
  /// too.
  void attend(const HeadGroup& group, Index begin, Index end, const PrefixView<T>& state,
              const KeyBlock<T>& keys, const PackedKeys<T>& packed, Worker& worker) const {
    const AttentionSequence& sequence = *group.sequence;
    const Index first = first_query_seeing(sequence, begin);
    const Index last =
        end == sequence.num_keys ? sequence.num_queries : first_query_seeing(sequence, end);
    worker.queries.prepare(state);
    for_each_query_block(call_.problem, group, first, last, [&](Index head, Index i, Index count) {
      const auto seen = seen_from(sequence, i, count, begin);
      const auto rows = target_.rows(sequence, head, i, count);
      worker.queries.load(
          query_rows(call_.inputs.queries, sequence, head, i, count), state.exponent,
          query_origin(call_, sequence, head, i, count, rows_ahead(MatrixView<const T>(rows), 0)));
      worker.queries.collect(state);
      worker.queries.collect(keys, packed, {seen.data(), static_cast<std::size_t>(count)});
      target_.take(worker.queries, sequence, head, i, worker.report);
    });
  }

  /// Queries that come before all live keys.
  void empty_rows(const HeadGroup& group, Worker& worker) const {
    const AttentionSequence& sequence = *group.sequence;
    const Index count =
        sequence.num_keys == 0 ? sequence.num_queries : first_query_seeing(sequence, 0);
    for (Index h = 0; h < call_.problem.heads_per_key_head; ++h) {
      const Index head = group.key_head * call_.problem.heads_per_key_head + h;
      target_.take_empty(sequence, head, 0, count, worker.report);
    }
  }

  const AttentionCall<T>& call_;
  const RowTarget<T>& target_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Slot>> slots_;
};

}  // namespace

template <Scalar T>
AttentionReport causal_attention(const AttentionCall<T>& call, const RowTarget<T>& target) {
  return Causal<T>(call, target).run();
}

template AttentionReport causal_attention(const AttentionCall<float>&, const RowTarget<float>&);
template AttentionReport causal_attention(const AttentionCall<double>&, const RowTarget<double>&);

}  // namespace bochner::attention_internals
