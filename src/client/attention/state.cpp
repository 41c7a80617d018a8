// SPDX-License-Identifier: Apache-2.0
#include "client/attention/state_impl.hpp"

#include "client/attention/checks.hpp"
#include "core/checked.hpp"
#include "core/parallel.hpp"

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <utility>

namespace bochner {

using namespace attention_internals;

namespace {

template <Scalar T>
TensorView<const T, 4> no_rows(const TensorView<const T, 4>& like, Index heads, Index dim) {
  TensorView<const T, 4> none = like;
  none.extents = {like.extent(0), heads, 0, dim};
  return none;
}

constexpr Door kStateDoor("AttentionState");

template <Scalar T>
AttentionReport total_of(const std::vector<AttentionReport>& reports) {
  AttentionReport total = sum_reports(reports);
  total.arithmetic = std::same_as<T, float> ? "float" : "double";
  return total;
}

}  // namespace

template <Scalar T>
AttentionState<T>::Impl::Impl(Maps maps, Index batch, Index key_heads, Index value_dim,
                              const AttentionStateOptions& options)
    : maps_(std::move(maps)),
      batch_(batch),
      key_heads_(key_heads),
      value_dim_(value_dim),
      options_(options) {
  kStateDoor.at_least("batch", batch, 0)
      .at_least("key_heads", key_heads, 0)
      .at_least("value_dim", value_dim, 1);
  for (const FeatureMap<T>& map : maps_.all()) {
    const Index first = maps_.all().front().input_dim();
    if (map.input_dim() == first) continue;
    kStateDoor.refuse("maps have input_dim " + std::to_string(first) + " and " +
                      std::to_string(map.input_dim()) + ", expected one for all");
  }
  const auto streams = checked_product(batch, key_heads);
  if (!streams) {
    kStateDoor.refuse("batch is " + std::to_string(batch) + " and key_heads " +
                      std::to_string(key_heads) + ", too many");
  }
  require_state_options();
  reset();
}

template <Scalar T>
void AttentionState<T>::Impl::append(TensorView<const T, 4> keys, TensorView<const T, 4> values,
                                     const LiveKeys& live, const Execution& execution) {
  constexpr Door kDoor("AttentionState::append");
  require_addressable(kDoor, "keys", keys.extents);
  // As many queries as keys, which nobody reads.
  const AttentionInputs<T> inputs{keys, keys, values};
  const AttentionProblem problem = problem_of(kDoor, inputs, live);
  std::vector<Index> lengths = lengths_after(kDoor, problem, keys.extent(2));
  require_keys(kDoor, inputs, problem, execution);
  require_live_gates(kDoor, problem, live.gates);
  change_streams(execution, [&] {
    for_each_stream(problem, execution, [&](const HeadGroup& group, Worker& worker) {
      for_each_part(group, live.gates, worker, [&](const HeadGroup& part) {
        if (has_near()) return advance_near(kDoor, part, problem, inputs, nullptr, worker);
        extend(kDoor, part, inputs, worker, [](Index) {});
        stream(part.sequence->batch, part.key_head).pack();
      });
    });
  });
  lengths_.swap(lengths);
}

template <Scalar T>
AttentionReport AttentionState<T>::Impl::attend(TensorView<const T, 4> queries,
                                                TensorView<T, 4> out,
                                                const Execution& execution) const {
  constexpr Door kDoor("AttentionState::attend");
  const TensorView<const T, 4> keys = no_rows(queries, key_heads_, queries.extent(3));
  const AttentionInputs<T> inputs{queries, keys, no_rows(queries, key_heads_, value_dim_)};
  const AttentionProblem problem = problem_of(kDoor, inputs, {});
  require_output(kDoor, "out", out,
                 {queries.extent(0), queries.extent(1), queries.extent(2), value_dim_}, inputs);
  const Index blocks = blocks_of(queries.extent(2), simd::kBlockRows);
  const Index tasks = batch_ * problem.heads_per_key_head * blocks;
  std::optional<RowSums<T>> sums;
  if (has_near()) sums.emplace(out);
  std::vector<QueryWorker> workers;
  for (Index l = 0; l < maps_.lanes(problem.key_heads, tasks, execution); ++l) {
    workers.push_back({QueryBlock<T>(maps_[l].blocks(), value_dim_), {}});
  }
  maps_.for_each(problem.key_heads, tasks, execution, [&](Index key_head, Index t, int lane) {
    const Index batch = t / blocks / problem.heads_per_key_head;
    const Index head =
        key_head * problem.heads_per_key_head + t / blocks % problem.heads_per_key_head;
    const Index first = t % blocks * simd::kBlockRows;
    const Index count = std::min(simd::kBlockRows, queries.extent(2) - first);
    if (sums) {
      if (t % (blocks * problem.heads_per_key_head) == 0) {
        attend_near(kDoor, problem, queries, batch, key_head, *sums,
                    workers[static_cast<std::size_t>(lane)]);
      }
      return;
    }
    const KeyStream<T>& seen_keys = stream(batch, key_head);
    std::array<std::int32_t, simd::kBlockRows> seen;
    seen.fill(static_cast<std::int32_t>(seen_keys.open().rows()));
    attend_stream(seen_keys, {kDoor, "queries", batch, head, first},
                  head_rows(queries, batch, head).middle_rows(first, count), seen,
                  head_rows(out, batch, head).middle_rows(first, count),
                  workers[static_cast<std::size_t>(lane)]);
  });
  std::vector<AttentionReport> reports;
  for (const QueryWorker& worker : workers) reports.push_back(worker.report);
  if (sums) sums->finish(reports.emplace_back());
  return total_of<T>(reports);
}

template <Scalar T>
AttentionReport AttentionState<T>::Impl::advance(const AttentionInputs<T>& inputs,
                                                 TensorView<T, 4> out, const LiveKeys& live,
                                                 const Execution& execution) {
  constexpr Door kDoor("AttentionState::advance");
  const AttentionProblem problem = problem_of(kDoor, inputs, live);
  const auto& q = inputs.queries;
  require_as_many(kDoor, q.extent(2), inputs.keys.extent(2));
  require_output(kDoor, "out", out, {q.extent(0), q.extent(1), q.extent(2), value_dim_}, inputs);
  std::vector<Index> lengths = lengths_after(kDoor, problem, q.extent(2));
  require_keys(kDoor, inputs, problem, execution);
  require_queries(kDoor, q, problem, execution);
  require_live_gates(kDoor, problem, live.gates);
  for (Worker& worker : workers_) worker.query.report = {};
  std::optional<RowSums<T>> sums;
  if (has_near()) sums.emplace(out);
  change_streams(execution, [&] {
    for_each_stream(problem, execution, [&](const HeadGroup& group, Worker& worker) {
      for_each_part(group, live.gates, worker, [&](const HeadGroup& part) {
        if (sums) return advance_near(kDoor, part, problem, inputs, &*sums, worker);
        const AttentionSequence& sequence = *part.sequence;
        KeyStream<T>& keys = stream(sequence.batch, part.key_head);
        Index first = 0;
        extend(kDoor, part, inputs, worker, [&](Index k) {
          keys.pack();
          const Index last =
              k == sequence.num_keys ? sequence.num_queries : first_query_seeing(sequence, k);
          const Index open = k - keys.open().rows();
          for_each_query_block(problem, part, first, last, [&](Index head, Index i, Index count) {
            attend_stream(keys, {kDoor, "queries", sequence.batch, head, sequence.first_query + i},
                          query_rows(q, sequence, head, i, count),
                          seen_from(sequence, i, count, open),
                          query_rows(out, sequence, head, i, count), worker.query);
          });
          first = last;
        });
      });
    });
  });
  lengths_.swap(lengths);
  std::vector<AttentionReport> reports;
  for (const Worker& worker : workers_) reports.push_back(worker.query.report);
  if (sums) sums->finish(reports.emplace_back());
  return total_of<T>(reports);
}

template <Scalar T>
void AttentionState<T>::Impl::reset() {
  std::vector<KeyStream<T>> fresh;
  for (Index s = 0; s < batch_ * key_heads_; ++s) {
    fresh.push_back(fresh_stream(s % key_heads_));
  }
  streams_.swap(fresh);
  near_.clear();
  for (std::size_t s = 0; s < streams_.size() && has_near(); ++s) {
    near_.emplace_back(maps_[0].input_dim(), value_dim_, options_);
  }
  gate_sums_.assign(streams_.size(), {});
  lengths_.assign(static_cast<std::size_t>(std::max<Index>(batch_, 1)), 0);
}

template <Scalar T>
std::vector<Index> AttentionState<T>::Impl::lengths_after(const Door& door,
                                                          const AttentionProblem& problem,
                                                          Index keys) const {
  return extended_lengths(door, [&](Index b) {
    if (problem.sequences.empty()) return keys;  // there are none, or nobody to see them
    return problem.sequences[static_cast<std::size_t>(b)].num_keys;
  });
}

template <Scalar T>
template <class Body>
void AttentionState<T>::Impl::for_each_stream(const AttentionProblem& problem,
                                              const Execution& execution, const Body& body) {
  const auto entries = static_cast<Index>(problem.sequences.size());
  const auto lanes = static_cast<std::size_t>(maps_.lanes(key_heads_, entries, execution));
  while (workers_.size() < lanes) {
    workers_.emplace_back(maps_[static_cast<Index>(workers_.size())], value_dim_);
  }
  maps_.for_each(key_heads_, entries, execution, [&](Index key_head, Index b, int lane) {
    body(HeadGroup{&problem.sequences[static_cast<std::size_t>(b)], key_head},
         workers_[static_cast<std::size_t>(lane)]);
  });
}

template <Scalar T>
template <class Between>
void AttentionState<T>::Impl::extend(const Door& door, const HeadGroup& group,
                                     const AttentionInputs<T>& inputs, Worker& worker,
                                     const Between& between) {
  const auto& [sequence, head] = group;
  const auto keys = head_rows(inputs.keys, sequence->batch, head);
  const auto values = head_rows(inputs.values, sequence->batch, head);
  between(0);
  for (Index k = 0; k < sequence->num_keys;) {
    const Index count = std::min(simd::kBlockRows, sequence->num_keys - k);
    const std::span<const double> factors =
        worker.gate_sums.empty()
            ? std::span<const double>{}
            : std::span<const double>(worker.gate_sums)
                  .subspan(static_cast<std::size_t>(k), static_cast<std::size_t>(count));
    k += stream(sequence->batch, head)
             .extend(
                 live_rows(*sequence, keys, k, count, worker.key_rows),
                 live_rows(*sequence, values, k, count, worker.value_rows), factors,
                 {door, "keys", sequence->batch, head, sequence->first_key + sequence->position(k)},
                 worker.keys);
    between(k);
  }
}

template <Scalar T>
AttentionState<T>::AttentionState(const FeatureMap<T>& map, Index batch, Index key_heads,
                                  Index value_dim)
    : AttentionState(map, batch, key_heads, value_dim, AttentionStateOptions{}) {}
template <Scalar T>
AttentionState<T>::AttentionState(std::span<const FeatureMap<T>> maps, Index batch, Index key_heads,
                                  Index value_dim)
    : AttentionState(maps, batch, key_heads, value_dim, AttentionStateOptions{}) {}
template <Scalar T>
AttentionState<T>::AttentionState(const FeatureMap<T>& map, Index batch, Index key_heads,
                                  Index value_dim, const AttentionStateOptions& options)
    : impl_(std::make_unique<Impl>(HeadMaps<T>(map), batch, key_heads, value_dim, options)) {}
template <Scalar T>
AttentionState<T>::AttentionState(std::span<const FeatureMap<T>> maps, Index batch, Index key_heads,
                                  Index value_dim, const AttentionStateOptions& options)
    : impl_(std::make_unique<Impl>(HeadMaps<T>(kStateDoor, maps, key_heads), batch, key_heads,
                                   value_dim, options)) {}
template <Scalar T>
AttentionState<T>::AttentionState(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
template <Scalar T>
AttentionState<T>::AttentionState(const AttentionState& other)
    : impl_(std::make_unique<Impl>(*other.impl_)) {}
template <Scalar T>
AttentionState<T>::AttentionState(AttentionState&& other) noexcept = default;
template <Scalar T>
AttentionState<T>& AttentionState<T>::operator=(const AttentionState& other) {
  if (this != &other) impl_ = std::make_unique<Impl>(*other.impl_);
  return *this;
}
template <Scalar T>
AttentionState<T>& AttentionState<T>::operator=(AttentionState&& other) noexcept = default;
template <Scalar T>
AttentionState<T>::~AttentionState() = default;

template <Scalar T>
Index AttentionState<T>::length() const noexcept {
  return impl_->length();
}

template <Scalar T>
const AttentionStateOptions& AttentionState<T>::options() const noexcept {
  return impl_->options();
}

template <Scalar T>
std::vector<Index> AttentionState<T>::lengths() const {
  return impl_->lengths();
}

template <Scalar T>
void AttentionState<T>::append(TensorView<const T, 4> keys, TensorView<const T, 4> values,
                               const Execution& execution) {
  impl_->append(keys, values, {}, execution);
}

template <Scalar T>
void AttentionState<T>::append(TensorView<const T, 4> keys, TensorView<const T, 4> values,
                               const LiveKeys& live, const Execution& execution) {
  impl_->append(keys, values, live, execution);
}

template <Scalar T>
AttentionReport AttentionState<T>::attend(TensorView<const T, 4> queries, TensorView<T, 4> out,
                                          const Execution& execution) const {
  return impl_->attend(queries, out, execution);
}

template <Scalar T>
AttentionReport AttentionState<T>::advance(const AttentionInputs<T>& inputs, TensorView<T, 4> out,
                                           const Execution& execution) {
  return impl_->advance(inputs, out, {}, execution);
}

template <Scalar T>
AttentionReport AttentionState<T>::advance(const AttentionInputs<T>& inputs, TensorView<T, 4> out,
                                           const LiveKeys& live, const Execution& execution) {
  return impl_->advance(inputs, out, live, execution);
}

template <Scalar T>
void AttentionState<T>::reset() {
  impl_->reset();
}

template class AttentionState<float>;
template class AttentionState<double>;

}  // namespace bochner
