// SPDX-License-Identifier: Apache-2.0
#include "client/attention/backward.hpp"
#include "client/attention/key_states.hpp"

#include <algorithm>

namespace bochner::attention_internals {
namespace {

/// Queries whose sums join the compensated ones together: a constant, since it decides bits.
constexpr Index kFoldQueries = 16 * simd::kBlockRows;

/// A run of queries of one head.
struct QueryRun {
  Index group;
  Index head;
  Index first;
};

template <Scalar T>
class BidirectionalGradient {
 public:
  explicit BidirectionalGradient(const BackwardCall<T>& call)
      : call_(call), forward_(call.forward), states_(call.forward) {
    const Index workers = available_workers(forward_.execution);
    for (Index w = 0; w < workers; ++w) workers_.emplace_back(call);
    for (Index s = 0; s < 4 * workers; ++s) {
      sums_.emplace_back(forward_.map, forward_.problem.value_dim);
    }
  }

  void run() {
    for_each_batch(head_groups(forward_.problem), states_.capacity(),
                   [&](const std::vector<HeadGroup>& batch) {
                     states_.compute(batch);
                     pack_states(static_cast<Index>(batch.size()));
                     queries(batch);
                     if (call_.of_keys_or_values()) keys(batch);
                   });
  }

 private:
  struct Worker {
    explicit Worker(const BackwardCall<T>& call)
        : queries(call.forward.map, call.forward.problem.value_dim),
          loader(call.forward),
          scratch(call.forward.map, call.forward.problem.value_dim),
          keys(call.forward.map, call.forward.problem.value_dim),
          gradient(call.forward, call.gradients) {}
    QueryGradient<T> queries;
    KeyLoader<T> loader;
    KeyScratch<T> scratch;
    KeyBlock<T> keys;
    KeyGradient<T> gradient;
  };

  /// What belongs to a head group besides the state of its keys.
  struct Group {
    Group(const BlockMap<T>& map, Index value_dim)
        : keys(map.num_features(), value_dim),
          sums(map, value_dim),
          queries(map.num_features(), value_dim) {}
    PackedTranspose<T> keys;     ///< S^T
    GradientState<T> sums;       ///< T
    PackedTranspose<T> queries;  ///< T^T
  };

  Worker& worker(int w) { return workers_[static_cast<std::size_t>(w)]; }
  Group& group(Index g) { return groups_[static_cast<std::size_t>(g)]; }

  void pack_states(Index count) {
    groups_.clear();
    for (Index g = 0; g < count; ++g) {
      groups_.emplace_back(forward_.map, forward_.problem.value_dim);
      if (!call_.of_queries()) continue;
      const PrefixView<T> state = states_[g].view();
      group(g).keys.pack(state.values, state.ld, forward_.map.num_features());
    }
  }

  /// Gradients of the queries, and the sums that those of the keys are made of.
  void queries(const std::vector<HeadGroup>& batch) {
    std::vector<QueryRun> folds;
    for (const QueryTask& task : query_tasks(forward_.problem, batch)) {
      const bool any = batch[static_cast<std::size_t>(task.group)].sequence->num_keys > 0;
      if (any && task.first % kFoldQueries == 0) {
        folds.push_back({task.group, task.head, task.first});
      }
    }
    const auto wave = static_cast<Index>(sums_.size());
    for (Index first = 0; first < static_cast<Index>(folds.size()); first += wave) {
      const Index count = std::min(wave, static_cast<Index>(folds.size()) - first);
      const QueryRun* const mine = folds.data() + first;
      parallel_for_blocks(count, forward_.execution, [&](Index i, int w) {
        fold(*batch[static_cast<std::size_t>(mine[i].group)].sequence, mine[i], worker(w),
             sums_[static_cast<std::size_t>(i)]);
      });
      if (!call_.of_keys_or_values()) continue;
      parallel_for_blocks(static_cast<Index>(batch.size()), forward_.execution, [&](Index g, int) {
        for (Index i = 0; i < count; ++i) {
          if (mine[i].group != g) continue;
          group(g).sums.add(sums_[static_cast<std::size_t>(i)]);
        }
      });
    }
    if (!call_.of_keys()) return;
    for (Index g = 0; g < static_cast<Index>(batch.size()); ++g) {
      const Matrix<T>& values = group(g).sums.values();
      group(g).queries.pack(values.data(), values.cols(), values.rows());
    }
  }

  void fold(const AttentionSequence& sequence, const QueryRun& task, Worker& mine,
            GradientSums<T>& sums) {
    const PrefixView<T> state = states_[task.group].view();
    const Index end = std::min(task.first + kFoldQueries, sequence.num_queries);
    sums.clear();
    for (Index i = task.first; i < end; i += simd::kBlockRows) {
      const Index count = std::min(simd::kBlockRows, end - i);
      const auto rows = [&](const auto& tensor) {
        return query_rows(tensor, sequence, task.head, i, count);
      };
      QueryGradient<T>& q = mine.queries;
      q.load(rows(forward_.inputs.queries), state.exponent,
             query_origin(forward_, sequence, task.head, i, count, rows_ahead(rows(call_.out), 0),
                          rows_ahead(rows(call_.out_gradient), 0)));
      q.queries().collect_mass(state);
      if (call_.totals) call_.totals->apply(q.queries(), sequence, task.head, i);
      q.normalise(rows(call_.out), rows(call_.out_gradient));
      if (call_.of_queries()) {
        q.from_state(group(task.group).keys, state.mass);
        q.finish(rows(call_.gradients.queries));
      }
      if (call_.of_keys_or_values()) {
        sums.add(q.queries().weights(), count, q.g_values(), q.g_mass());
      }
    }
  }

  /// Gradients of the keys and values.
  void keys(const std::vector<HeadGroup>& batch) {
    struct Task {
      Index group;
      Index first;
    };
    std::vector<Task> tasks;
    for (std::size_t g = 0; g < batch.size(); ++g) {
      for (Index k = 0; k < batch[g].sequence->num_keys; k += simd::kBlockRows) {
        tasks.push_back({static_cast<Index>(g), k});
      }
    }
    parallel_for_runs(static_cast<Index>(tasks.size()), forward_.execution, [&](Index t, int w) {
      const auto [g, first] = tasks[static_cast<std::size_t>(t)];
      const HeadGroup& head = batch[static_cast<std::size_t>(g)];
      Worker& mine = worker(w);
      mine.keys.clear();
      mine.loader.load(head, first, std::min(simd::kBlockRows, head.sequence->num_keys - first),
                       mine.keys, mine.scratch);
      mine.keys.weigh(states_[g].exponents());
      const GradientState<T>& sums = group(g).sums;
      mine.gradient.from_state(mine.keys, sums.values(), sums.mass().data(), group(g).queries);
      mine.gradient.finish(mine.keys, head, first);
    });
  }

  const BackwardCall<T>& call_;
  const AttentionCall<T>& forward_;
  KeyStates<T> states_;
  std::vector<Worker> workers_;
  std::vector<GradientSums<T>> sums_;
  std::vector<Group> groups_;
};

}  // namespace

template <Scalar T>
void bidirectional_gradient(const BackwardCall<T>& call) {
  BidirectionalGradient<T>(call).run();
}

template void bidirectional_gradient(const BackwardCall<float>&);
template void bidirectional_gradient(const BackwardCall<double>&);

}  // namespace bochner::attention_internals
