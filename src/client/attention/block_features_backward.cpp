// SPDX-License-Identifier: Apache-2.0
#include "client/attention/block_features_backward.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace bochner::attention_internals {
namespace {

template <Scalar T>
class BlockFeaturesGradient {
 public:
  BlockFeaturesGradient(const BlockFeatures<T>& features, const BlockedKeys<T>& keys,
                        const BlockedQueries<T>& queries, const BackwardCall<T>& slopes,
                        RowSums<T>& sums)
      : features_(features),
        call_(features.call()),
        keys_(keys),
        queries_(queries),
        slopes_(slopes),
        sums_(sums) {
    for (Index b = 0; b < queries.blocks.count() && slopes.of_keys_or_values(); ++b) {
      of_queries_.push_back({GradientSums<T>(call_.map, call_.problem.value_dim), {}});
    }
  }

  void run() {
    features_.refuse_copies(queries_);
    over_blocks<QueryWorker>(queries_.blocks.count(),
                             [&](Index b, QueryWorker& worker) { query_block(b, worker); });
    if (!slopes_.of_keys_or_values()) return;
    std::vector<std::vector<Index>> seen_by(static_cast<std::size_t>(keys_.blocks.count()));
    for (Index b = 0; b < queries_.blocks.count(); ++b) {
      for (const Index k : rest(b)) seen_by[static_cast<std::size_t>(k)].push_back(b);
    }
    over_blocks<KeyWorker>(keys_.blocks.count(), [&](Index b, KeyWorker& worker) {
      key_block(b, seen_by[static_cast<std::size_t>(b)], worker);
    });
  }

 private:
  struct QueryWorker {
    explicit QueryWorker(const BlockFeaturesGradient& all)
        : queries(all.call_.map, all.call_.problem.value_dim),
          packed(all.call_.map.num_features(), all.call_.problem.value_dim) {}
    QueryGradient<T> queries;
    PackedTranspose<T> packed;
  };

  struct KeyWorker {
    explicit KeyWorker(const BlockFeaturesGradient& all)
        : loader(all.call_),
          scratch(all.call_.map, all.call_.problem.value_dim),
          keys(all.call_.map, all.call_.problem.value_dim),
          gradient(all.call_, all.slopes_.gradients),
          packed(all.call_.map.num_features(), all.call_.problem.value_dim) {}
    KeyLoader<T> loader;
    KeyScratch<T> scratch;
    KeyBlock<T> keys;
    KeyGradient<T> gradient;
    PackedTranspose<T> packed;
  };

  /// Of one block of queries, weighed against these exponents.
  struct QuerySums {
    GradientSums<T> sums;
    Exponents exponents;
  };

  const std::vector<Index>& rest(Index b) const {
    return queries_.choices[static_cast<std::size_t>(b)].rest;
  }

  /// Calls body(block, worker) for `count` blocks.
  template <class Worker, class Body>
  void over_blocks(Index count, const Body& body) {
    std::vector<std::unique_ptr<Worker>> workers;
    for (int w = 0; w < worker_count(count, call_.execution); ++w) {
      workers.push_back(std::make_unique<Worker>(*this));
    }
    parallel_for_blocks(count, call_.execution,
                        [&](Index b, int w) { body(b, *workers[static_cast<std::size_t>(w)]); });
  }

  void query_block(Index b, QueryWorker& worker) {
    if (rest(b).empty()) return;
    const AttentionSequence part = queries_.block(b);
    const auto rows = [&](const auto& tensor) {
      return query_rows(tensor, part, queries_.head, 0, part.num_queries);
    };
    const PrefixState<T> state = features_.state(rest(b));
    const PrefixView<T> view = state.view();
    QueryGradient<T>& q = worker.queries;
    q.load(features_.rows(queries_, b), view.exponent, features_.origin(queries_, b));
    q.queries().collect_mass(view);
    AttentionReport report;
    queries_.target(sums_).take(q.queries(), part, queries_.head, 0, report);
    queries_.totals(sums_).apply(q.queries(), part, queries_.head, 0);
    q.normalise(rows(slopes_.out), rows(slopes_.out_gradient));
    if (slopes_.of_queries()) {
      worker.packed.pack(view.values, view.ld, call_.map.num_features());
      q.from_state(worker.packed, view.mass);
      q.finish(rows(slopes_.gradients.queries));
    }
    if (!slopes_.of_keys_or_values()) return;
    auto& [sums, exponents] = of_queries_[static_cast<std::size_t>(b)];
    sums.clear();
    sums.add(q.queries().weights(), part.num_queries, q.g_values(), q.g_mass());
    exponents = state.exponents();
  }

  void key_block(Index b, const std::vector<Index>& seen_by, KeyWorker& worker) {
    if (seen_by.empty()) return;
    const Exponents& reference = features_.block(b).reference();
    GradientState<T> sum(call_.map, call_.problem.value_dim);
    sum.lower(reference);
    for (const Index i : seen_by) {
      const auto& [sums, exponents] = of_queries_[static_cast<std::size_t>(i)];
      sum.add(sums, exponents);
    }
    const BlocksOfRows& blocks = keys_.blocks;
    const HeadGroup group = features_.group();
    worker.keys.clear();
    worker.loader.load(group, blocks.first(b), blocks.end(b) - blocks.first(b), worker.keys,
                       worker.scratch);
    worker.keys.weigh(reference);
    if (slopes_.of_keys()) {
      worker.packed.pack(sum.values().data(), sum.values().cols(), call_.map.num_features());
    }
    worker.gradient.from_state(worker.keys, sum.values(), sum.mass().data(), worker.packed);
    worker.gradient.finish(worker.keys, group, blocks.first(b));
  }

  const BlockFeatures<T>& features_;
  const AttentionCall<T>& call_;
  const BlockedKeys<T>& keys_;
  const BlockedQueries<T>& queries_;
  const BackwardCall<T>& slopes_;
  RowSums<T>& sums_;
  std::vector<QuerySums> of_queries_;  ///< by block
};

}  // namespace

template <Scalar T>
void block_features_gradient(const BlockFeatures<T>& features, const BlockedKeys<T>& keys,
                             const BlockedQueries<T>& queries, const BackwardCall<T>& slopes,
                             RowSums<T>& sums) {
  BlockFeaturesGradient<T>(features, keys, queries, slopes, sums).run();
}

template void block_features_gradient<float>(const BlockFeatures<float>&, const BlockedKeys<float>&,
                                             const BlockedQueries<float>&,
                                             const BackwardCall<float>&, RowSums<float>&);
template void block_features_gradient<double>(const BlockFeatures<double>&,
                                              const BlockedKeys<double>&,
                                              const BlockedQueries<double>&,
                                              const BackwardCall<double>&, RowSums<double>&);

}  // namespace bochner::attention_internals
