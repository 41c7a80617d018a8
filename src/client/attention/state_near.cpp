// SPDX-License-Identifier: Apache-2.0
#include "client/attention/checks.hpp"
#include "client/attention/exact_forward.hpp"
#include "client/attention/gathered_rows.hpp"
#include "client/attention/key_subsets.hpp"
#include "client/attention/state_impl.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <string>

namespace bochner {

using namespace attention_internals;

namespace {

/// Queries of one head group beside the keys that a stream has seen when they come: keys_seen[i]
/// by query i.
class QueryPositions {
 public:
  QueryPositions(const AttentionSequence& sequence, Index seen_before) {
    Index live = 0;
    for (Index i = 0; i < sequence.num_queries; ++i) {
      while (live < sequence.num_keys && sequence.position(live) < i + *sequence.until) ++live;
      seen_.push_back(seen_before + live);
    }
  }
  /// Queries that all see the same.
  QueryPositions(Index queries, Index seen, std::nullptr_t)
      : seen_(static_cast<std::size_t>(queries), seen) {}

  Index count() const { return static_cast<Index>(seen_.size()); }
  Index seen(Index query) const { return seen_[static_cast<std::size_t>(query)]; }
  /// Calls body(first, count) for runs of queries each of which sees one key more than the one
  /// before it.
  template <class Body>
  void for_each_run(const Body& body) const {
    for (Index first = 0; first < count();) {
      Index end = first + 1;
      while (end < count() && seen(end) == seen(end - 1) + 1) ++end;
      body(first, end - first);
      first = end;
    }
  }

 private:
  std::vector<Index> seen_;
};

/// Weighs near keys exactly.
template <Scalar T>
class NearPass {
 public:
  NearPass(const Door& door, const Kernel& kernel, const AttentionProblem& problem,
           const TensorView<const T, 4>& queries, Index batch, Index key_head, Index first_query,
           const AttentionStateOptions& options, const NearKeys<T>& keys)
      : door_(door),
        kernel_(kernel),
        problem_(problem),
        queries_(queries),
        batch_(batch),
        key_head_(key_head),
        first_query_(first_query),
        options_(options),
        keys_(keys) {
    problem_.decay = options.decay;
    problem_.sequences.clear();
  }

  void run(const QueryPositions& positions, RowSums<T>& sums) const {
    const Index begin = keys_.begin();
    if (options_.window > 0) {
      pass(positions, keys_.keys(begin, keys_.seen()), keys_.values(begin, keys_.seen()),
           keys_.gate_sums(begin, keys_.seen()), begin, sums,
           [&](AttentionSequence& sequence, Index seen) {
             sequence.until = seen - begin;
             sequence.from = *sequence.until - options_.window;
           });
    }
    if (keys_.num_first() == 0) return;
    pass(positions, keys_.first_keys(), keys_.first_values(), keys_.first_gate_sums(),
         keys_.start(), sums, [&](AttentionSequence& sequence, Index seen) {
           sequence.until = seen - options_.window - keys_.start();
         });
  }

 private:
  /// limit(sequence, keys seen by its first query) says which of the rows it sees.
  template <class Limit>
  void pass(const QueryPositions& positions, const MatrixView<const T>& keys,
            const MatrixView<const T>& values, std::span<const double> gate_sums, Index row_number,
            RowSums<T>& sums, const Limit& limit) const {
    AttentionProblem problem = problem_;
    if (keys_.gated()) {
      problem.gates = {
          gate_sums.data(), {queries_.extent(0), problem.key_heads, keys.rows}, {0, 0, 1}};
    }
    positions.for_each_run([&](Index first, Index count) {
      AttentionSequence sequence;
      sequence.batch = batch_;
      sequence.first_head = key_head_ * problem.heads_per_key_head;
      sequence.num_heads = problem.heads_per_key_head;
      sequence.first_query = first_query_ + first;
      sequence.num_queries = count;
      sequence.num_keys = keys.rows;
      sequence.row_number = row_number;
      limit(sequence, positions.seen(first));
      sequence = trimmed(std::move(sequence));
      if (sequence.num_keys > 0) problem.sequences.push_back(std::move(sequence));
    });
    if (problem.sequences.empty()) return;
    const Index batch = queries_.extent(0);
    const AttentionInputs<T> inputs{queries_, for_all_heads(keys, batch, problem.key_heads),
                                    for_all_heads(values, batch, problem.key_heads)};
    const AttentionOptions no_options;
    const Execution alone{1};
    const ExactCall<T> call = exact_pass<T>(door_, kernel_, inputs, no_options, {},
                                            std::move(problem), alone, keys_.origin());
    exact_rows(call, RowTarget<T>(sums, RowOrder::forward), alone);
  }

  const Door& door_;
  const Kernel& kernel_;
  AttentionProblem problem_;
  const TensorView<const T, 4>& queries_;
  Index batch_;
  Index key_head_;
  Index first_query_;
  const AttentionStateOptions& options_;
  const NearKeys<T>& keys_;
};

}  // namespace

constexpr Door kOptionsDoor("AttentionState");

template <Scalar T>
void AttentionState<T>::Impl::require_state_options() const {
  kOptionsDoor.at_least("window", options_.window, 0)
      .at_least("first_keys", options_.first_keys, 0);
  constexpr Index kMostRows = Index{1} << 40;
  if (options_.window > kMostRows || options_.first_keys > kMostRows) {
    kOptionsDoor.refuse("window and first_keys are " + std::to_string(options_.window) + " and " +
                        std::to_string(options_.first_keys) + ", expected at most 2^40");
  }
  if (options_.rest == Rest::means) {
    kOptionsDoor.refuse("rest is means, expected features or none");
  }
  if (!options_.decay.empty()) {
    kOptionsDoor.entries("decay", static_cast<Index>(options_.decay.size()), key_heads_,
                         "one per key head");
  }
  for (std::size_t h = 0; h < options_.decay.size(); ++h) {
    const std::string name = "decay[" + std::to_string(h) + "]";
    kOptionsDoor.finite(name, options_.decay[h]);
    if (options_.decay[h] < 0.0) {
      kOptionsDoor.refuse(name, text::number(options_.decay[h]), "0 or more");
    }
  }
  if (options_.window == 0 && options_.first_keys == 0 && options_.rest == Rest::features) return;
  for (const FeatureMap<T>& map : maps_.all()) {
    require_normal_kernel(kOptionsDoor, map.spec().kernel);
  }
}

template <Scalar T>
void AttentionState<T>::Impl::leave(const Door& door, Index batch, Index key_head,
                                    MatrixView<const T> keys, MatrixView<const T> values,
                                    std::span<const double> gate_sums, Index first,
                                    KeyScratch<T>& scratch,
                                    const std::function<void(Index)>& between) {
  const double decay = decay_of(key_head);
  const bool gated = !gate_sums.empty() && gate_sums.back() != 0.0;
  std::array<double, simd::kBlockRows> factors;
  KeyStream<T>& sums = stream(batch, key_head);
  between(0);
  for (Index k = 0; k < keys.rows;) {
    const Index count = std::min(simd::kBlockRows, keys.rows - k);
    for (Index r = 0; r < count; ++r) {
      factors[static_cast<std::size_t>(r)] =
          decay * static_cast<double>(first + k + r) + gate_sums[static_cast<std::size_t>(k + r)];
    }
    const auto used = static_cast<std::size_t>(decay > 0.0 || gated ? count : 0);
    k += sums.extend(keys.middle_rows(k, count), values.middle_rows(k, count),
                     std::span<const double>(factors).first(used),
                     {door, "keys", batch, key_head, first + k}, scratch);
    between(k);
  }
}

template <Scalar T>
void AttentionState<T>::Impl::advance_near(const Door& door, const HeadGroup& group,
                                           const AttentionProblem& problem,
                                           const AttentionInputs<T>& inputs, RowSums<T>* sums,
                                           Worker& worker) {
  const auto& [sequence, key_head] = group;
  const Index batch = sequence->batch;
  NearKeys<T>& near_rows = near_keys(batch, key_head);
  const Index before = near_rows.seen();
  const auto keys = head_rows(inputs.keys, batch, key_head);
  const auto values = head_rows(inputs.values, batch, key_head);
  std::span<const double> gate_sums = worker.gate_sums;
  for_each_live_run(*sequence, [&](Index first, Index count) {
    near_rows.append(keys.middle_rows(first, count), values.middle_rows(first, count), gate_sums);
    if (!gate_sums.empty()) gate_sums = gate_sums.subspan(static_cast<std::size_t>(count));
  });
  const QueryPositions positions(*sequence, before);
  if (sums != nullptr) {
    NearPass<T>(door, maps_[key_head].spec().kernel, problem, inputs.queries, batch, key_head,
                sequence->first_query, options_, near_rows)
        .run(positions, *sums);
  }
  if (options_.rest == Rest::features) {
    const Index first = near_rows.first_far() + near_rows.left(before);
    const Index leaving = near_rows.left(near_rows.seen()) - near_rows.left(before);
    const auto visible = [&](Index query) {
      return near_rows.left(positions.seen(query)) - near_rows.left(before);
    };
    const KeyStream<T>& stream_keys = stream(batch, key_head);
    Index next = 0;
    leave(
        door, batch, key_head, near_rows.keys(first, first + leaving),
        near_rows.values(first, first + leaving), near_rows.gate_sums(first, first + leaving),
        first, worker.keys, [&](Index k) {
          stream(batch, key_head).pack();
          if (sums == nullptr) return;
          Index last = next;  // the queries that see none of the keys after these
          while (last < positions.count() && (k == leaving || visible(last) <= k)) ++last;
          const Index open = k - stream_keys.open().rows();
          for_each_query_block(problem, group, next, last, [&](Index head, Index i, Index count) {
            std::array<std::int32_t, simd::kBlockRows> seen{};
            for (Index r = 0; r < count; ++r) {
              seen[static_cast<std::size_t>(r)] = static_cast<std::int32_t>(visible(i + r) - open);
            }
            const RowOrigin origin{door, "queries", batch, head, sequence->first_query + i};
            if (!collect(stream_keys, origin, query_rows(inputs.queries, *sequence, head, i, count),
                         seen, worker.query)) {
              return;
            }
            RowTarget<T>(*sums, RowOrder::forward)
                .take(worker.query.block, *sequence, head, i, worker.query.report);
          });
          next = last;
        });
  }
  near_rows.trim();
}

template <Scalar T>
void AttentionState<T>::Impl::attend_near(const Door& door, const AttentionProblem& problem,
                                          const TensorView<const T, 4>& queries, Index batch,
                                          Index key_head, RowSums<T>& sums,
                                          QueryWorker& worker) const {
  const NearKeys<T>& near_rows = near_keys(batch, key_head);
  const QueryPositions positions(queries.extent(2), near_rows.seen(), nullptr);
  NearPass<T>(door, maps_[key_head].spec().kernel, problem, queries, batch, key_head, 0, options_,
              near_rows)
      .run(positions, sums);
  if (options_.rest != Rest::features) return;
  const KeyStream<T>& far_keys = stream(batch, key_head);
  std::array<std::int32_t, simd::kBlockRows> seen;
  seen.fill(static_cast<std::int32_t>(far_keys.open().rows()));
  AttentionSequence sequence;
  sequence.batch = batch;
  sequence.num_queries = queries.extent(2);
  const HeadGroup group{&sequence, key_head};
  for_each_query_block(
      problem, group, 0, sequence.num_queries, [&](Index head, Index i, Index count) {
        const RowOrigin origin{door, "queries", batch, head, i};
        if (!collect(far_keys, origin, query_rows(queries, sequence, head, i, count), seen,
                     worker)) {
          return;
        }
        RowTarget<T>(sums, RowOrder::forward).take(worker.block, sequence, head, i, worker.report);
      });
}

template void AttentionState<float>::Impl::advance_near(const Door&, const HeadGroup&,
                                                        const AttentionProblem&,
                                                        const AttentionInputs<float>&,
                                                        RowSums<float>*, Worker&);
template void AttentionState<float>::Impl::attend_near(const Door&, const AttentionProblem&,
                                                       const TensorView<const float, 4>&, Index,
                                                       Index, RowSums<float>&, QueryWorker&) const;
template void AttentionState<float>::Impl::leave(const Door&, Index, Index, MatrixView<const float>,
                                                 MatrixView<const float>, std::span<const double>,
                                                 Index, KeyScratch<float>&,
                                                 const std::function<void(Index)>&);
template void AttentionState<float>::Impl::require_state_options() const;
template void AttentionState<double>::Impl::advance_near(const Door&, const HeadGroup&,
                                                         const AttentionProblem&,
                                                         const AttentionInputs<double>&,
                                                         RowSums<double>*, Worker&);
template void AttentionState<double>::Impl::attend_near(const Door&, const AttentionProblem&,
                                                        const TensorView<const double, 4>&, Index,
                                                        Index, RowSums<double>&,
                                                        QueryWorker&) const;
template void AttentionState<double>::Impl::leave(const Door&, Index, Index,
                                                  MatrixView<const double>,
                                                  MatrixView<const double>, std::span<const double>,
                                                  Index, KeyScratch<double>&,
                                                  const std::function<void(Index)>&);
template void AttentionState<double>::Impl::require_state_options() const;

}  // namespace bochner
