// SPDX-License-Identifier: Apache-2.0
#include "client/attention/state_impl.hpp"

#include "client/attention/checks.hpp"
#include "core/checked.hpp"
#include "core/parallel.hpp"

#include <algorithm>
#include <concepts>
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

}  // namespace

template <Scalar T>
AttentionState<T>::Impl::Impl(const FeatureMap<T>& map, Index batch, Index key_heads,
                              Index value_dim)
    : map_(map), batch_(batch), key_heads_(key_heads), value_dim_(value_dim) {
  constexpr Door kDoor("AttentionState");
  kDoor.at_least("batch", batch, 0)
      .at_least("key_heads", key_heads, 0)
      .at_least("value_dim", value_dim, 1);
  const auto streams = checked_product(batch, key_heads);
  if (!streams) {
    kDoor.refuse("batch is " + std::to_string(batch) + " and key_heads " +
                 std::to_string(key_heads) + ", too many");
  }
  for (Index s = 0; s < *streams; ++s) streams_.emplace_back(map.blocks(), value_dim);
}

template <Scalar T>
void AttentionState<T>::Impl::append(TensorView<const T, 4> keys, TensorView<const T, 4> values,
                                     const Execution& execution) {
  constexpr Door kDoor("AttentionState::append");
  const AttentionInputs<T> inputs{no_rows(keys, key_heads_, keys.extent(3)), keys, values};
  problem_of(kDoor, inputs);
  const Index length = extended_length(kDoor, keys.extent(2));
  require_rows(kDoor, inputs, execution);
  change_streams(execution, [&] {
    for_each_stream(execution, [&](Index s, Worker& worker) {
      KeyStream<T>& stream = streams_[static_cast<std::size_t>(s)];
      extend(kDoor, stream, s, keys, values, worker, [](Index, Index) {});
      stream.pack();
    });
  });
  length_ = length;
}

template <Scalar T>
AttentionReport AttentionState<T>::Impl::attend(TensorView<const T, 4> queries,
                                                TensorView<T, 4> out,
                                                const Execution& execution) const {
  constexpr Door kDoor("AttentionState::attend");
  const TensorView<const T, 4> keys = no_rows(queries, key_heads_, queries.extent(3));
  const AttentionInputs<T> inputs{queries, keys, no_rows(queries, key_heads_, value_dim_)};
  const AttentionProblem problem = problem_of(kDoor, inputs);
  require_output(kDoor, "out", out,
                 {queries.extent(0), queries.extent(1), queries.extent(2), value_dim_}, inputs);
  const Index blocks = (queries.extent(2) + simd::kBlockRows - 1) / simd::kBlockRows;
  const Index tasks = batch_ * problem.heads * blocks;
  std::vector<QueryWorker> workers;
  for (int w = 0; w < worker_count(tasks, execution); ++w) {
    workers.push_back({QueryBlock<T>(map_.blocks(), value_dim_), {}});
  }
  parallel_for_blocks(tasks, execution, [&](Index t, int w) {
    const Index head = t / blocks % problem.heads;
    const Index batch = t / blocks / problem.heads;
    const Index first = t % blocks * simd::kBlockRows;
    const Index count = std::min(simd::kBlockRows, queries.extent(2) - first);
    const Index s = batch * key_heads_ + head / problem.heads_per_key_head;
    const KeyStream<T>& stream = streams_[static_cast<std::size_t>(s)];
    std::array<std::int32_t, simd::kBlockRows> seen;
    seen.fill(static_cast<std::int32_t>(stream.open().rows()));
    collect(stream, {kDoor, "queries", batch, head, first},
            head_rows(queries, batch, head).middle_rows(first, count), seen,
            head_rows(out, batch, head).middle_rows(first, count),
            workers[static_cast<std::size_t>(w)]);
  });
  std::vector<AttentionReport> reports;
  for (const QueryWorker& worker : workers) reports.push_back(worker.report);
  AttentionReport total = sum_reports(reports);
  total.arithmetic = std::same_as<T, float> ? "float" : "double";
  return total;
}

template <Scalar T>
AttentionReport AttentionState<T>::Impl::advance(const AttentionInputs<T>& inputs,
                                                 TensorView<T, 4> out, const Execution& execution) {
  constexpr Door kDoor("AttentionState::advance");
  const AttentionProblem problem = problem_of(kDoor, inputs);
  const auto& q = inputs.queries;
  if (q.extent(2) != inputs.keys.extent(2)) {
    kDoor.refuse("there are " + std::to_string(q.extent(2)) + " queries and " +
                 std::to_string(inputs.keys.extent(2)) + " keys, expected as many");
  }
  require_output(kDoor, "out", out, {q.extent(0), q.extent(1), q.extent(2), value_dim_}, inputs);
  const Index length = extended_length(kDoor, q.extent(2));
  require_rows(kDoor, inputs, execution);
  for (Worker& worker : workers_) worker.query.report = {};
  change_streams(execution, [&] {
    for_each_stream(execution, [&](Index s, Worker& worker) {
      KeyStream<T>& stream = streams_[static_cast<std::size_t>(s)];
      extend(kDoor, stream, s, inputs.keys, inputs.values, worker, [&](Index first, Index count) {
        stream.pack();
        std::array<std::int32_t, simd::kBlockRows> seen;
        for (Index r = 0; r < count; ++r) {
          seen[static_cast<std::size_t>(r)] =
              static_cast<std::int32_t>(stream.open().rows() - count + r + 1);
        }
        for (Index h = 0; h < problem.heads_per_key_head; ++h) {
          const Index batch = s / key_heads_;
          const Index head = s % key_heads_ * problem.heads_per_key_head + h;
          collect(stream, {kDoor, "queries", batch, head, first},
                  head_rows(q, batch, head).middle_rows(first, count), seen,
                  head_rows(out, batch, head).middle_rows(first, count), worker.query);
        }
      });
    });
  });
  length_ = length;
  std::vector<AttentionReport> reports;
  for (const Worker& worker : workers_) reports.push_back(worker.query.report);
  AttentionReport total = sum_reports(reports);
  total.arithmetic = std::same_as<T, float> ? "float" : "double";
  return total;
}

template <Scalar T>
void AttentionState<T>::Impl::merge(const Impl& next) {
  constexpr Door kDoor("AttentionState::merge");
  if (map_.spec() != next.map_.spec()) {
    kDoor.refuse("the other state is of another map: " + to_text(next.map_.spec()));
  }
  if (batch_ != next.batch_ || key_heads_ != next.key_heads_ || value_dim_ != next.value_dim_) {
    kDoor.refuse("batch, key_heads and value_dim are " + std::to_string(next.batch_) + ", " +
                 std::to_string(next.key_heads_) + " and " + std::to_string(next.value_dim_) +
                 ", expected " + std::to_string(batch_) + ", " + std::to_string(key_heads_) +
                 " and " + std::to_string(value_dim_));
  }
  const Index length = extended_length(kDoor, next.length_);
  KeyScratch<T> scratch(map_.blocks(), value_dim_);
  std::vector<KeyStream<T>> merged = streams_;  // all of them or none
  for (std::size_t s = 0; s < merged.size(); ++s) merged[s].merge(next.streams_[s], scratch);
  streams_.swap(merged);
  length_ = length;
}

template <Scalar T>
void AttentionState<T>::Impl::reset() {
  std::vector<KeyStream<T>> fresh;
  for (std::size_t s = 0; s < streams_.size(); ++s) fresh.emplace_back(map_.blocks(), value_dim_);
  streams_.swap(fresh);
  length_ = 0;
}

template <Scalar T>
AttentionProblem AttentionState<T>::Impl::problem_of(const Door& door,
                                                     const AttentionInputs<T>& inputs) const {
  AttentionProblem problem = attention_problem(door, inputs, {});
  const auto& k = inputs.keys;
  if (problem.dim != map_.input_dim() || k.extent(0) != batch_ || k.extent(1) != key_heads_ ||
      inputs.values.extent(3) != value_dim_) {
    door.refuse("batch, key heads, dimension and value dimension are " +
                std::to_string(k.extent(0)) + ", " + std::to_string(k.extent(1)) + ", " +
                std::to_string(k.extent(3)) + " and " + std::to_string(inputs.values.extent(3)) +
                ", expected " + std::to_string(batch_) + ", " + std::to_string(key_heads_) + ", " +
                std::to_string(map_.input_dim()) + " and " + std::to_string(value_dim_));
  }
  return problem;
}

template <Scalar T>
Index AttentionState<T>::Impl::extended_length(const Door& door, Index count) const {
  if (count <= kLongest - length_) return length_ + count;
  door.refuse("the state has seen " + std::to_string(length_) + " keys, and " +
              std::to_string(count) + " more are beyond 2^60");
}

template <Scalar T>
void AttentionState<T>::Impl::require_rows(const Door& door, const AttentionInputs<T>& inputs,
                                           const Execution& execution) const {
  const auto& q = inputs.queries;
  const auto& k = inputs.keys;
  const auto check_head = [&](Index t, bool is_query) {
    const Index heads = is_query ? q.extent(1) : key_heads_;
    const RowOrigin origin{door, is_query ? "queries" : "keys", t / heads, t % heads, 0};
    const auto rows = head_rows(is_query ? q : k, origin.batch, origin.head);
    refuse_rows(map_.blocks(), is_query ? Side::query : Side::key, rows, origin);
    if (!is_query) refuse_large_values(head_rows(inputs.values, origin.batch, origin.head), origin);
  };
  const Index key_tasks = batch_ * key_heads_;
  const Index query_tasks = q.extent(2) > 0 ? batch_ * q.extent(1) : 0;
  parallel_for_blocks(key_tasks + query_tasks, execution, [&](Index t, int) {
    check_head(t < key_tasks ? t : t - key_tasks, t >= key_tasks);
  });
}

template <Scalar T>
template <class Body>
void AttentionState<T>::Impl::for_each_stream(const Execution& execution, const Body& body) {
  const auto count = static_cast<Index>(streams_.size());
  const auto wanted = static_cast<std::size_t>(worker_count(count, execution));
  while (workers_.size() < wanted) {
    workers_.push_back(
        {KeyScratch<T>(map_.blocks(), value_dim_), {QueryBlock<T>(map_.blocks(), value_dim_), {}}});
  }
  parallel_for_blocks(count, execution,
                      [&](Index s, int w) { body(s, workers_[static_cast<std::size_t>(w)]); });
}

template <Scalar T>
template <class Taken>
void AttentionState<T>::Impl::extend(const Door& door, KeyStream<T>& stream, Index s,
                                     TensorView<const T, 4> keys, TensorView<const T, 4> values,
                                     Worker& worker, const Taken& taken) {
  const Index batch = s / key_heads_;
  const Index head = s % key_heads_;
  const auto k = head_rows(keys, batch, head);
  const auto v = head_rows(values, batch, head);
  for (Index first = 0; first < k.rows;) {
    const Index rest = k.rows - first;
    const Index count = stream.extend(k.middle_rows(first, rest), v.middle_rows(first, rest),
                                      {door, "keys", batch, head, first}, worker.keys);
    taken(first, count);
    first += count;
  }
}

template <Scalar T>
void AttentionState<T>::Impl::collect(const KeyStream<T>& stream, const RowOrigin& origin,
                                      MatrixView<const T> queries,
                                      const std::array<std::int32_t, simd::kBlockRows>& seen,
                                      MatrixView<T> out, QueryWorker& worker) const {
  if (stream.open().rows() == 0 && length_ == 0) {
    finish_empty(out, worker.report);
    return;
  }
  const PrefixView<T> state = stream.state().view();
  worker.block.load(queries, state.exponent, origin);
  worker.block.collect(state);
  if (stream.open().rows() > 0) {
    worker.block.collect(stream.open(), stream.packed(),
                         {seen.data(), static_cast<std::size_t>(queries.rows)});
  }
  worker.block.finish(out, worker.report);
}

template <Scalar T>
AttentionState<T>::AttentionState(const FeatureMap<T>& map, Index batch, Index key_heads,
                                  Index value_dim)
    : impl_(std::make_unique<Impl>(map, batch, key_heads, value_dim)) {}
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
void AttentionState<T>::append(TensorView<const T, 4> keys, TensorView<const T, 4> values,
                               const Execution& execution) {
  impl_->append(keys, values, execution);
}

template <Scalar T>
AttentionReport AttentionState<T>::attend(TensorView<const T, 4> queries, TensorView<T, 4> out,
                                          const Execution& execution) const {
  return impl_->attend(queries, out, execution);
}

template <Scalar T>
AttentionReport AttentionState<T>::advance(const AttentionInputs<T>& inputs, TensorView<T, 4> out,
                                           const Execution& execution) {
  return impl_->advance(inputs, out, execution);
}

template <Scalar T>
void AttentionState<T>::merge(const AttentionState& next) {
  impl_->merge(*next.impl_);
}

template <Scalar T>
void AttentionState<T>::reset() {
  impl_->reset();
}

template class AttentionState<float>;
template class AttentionState<double>;

}  // namespace bochner
