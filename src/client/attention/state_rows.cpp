// SPDX-License-Identifier: Apache-2.0
#include "client/attention/checks.hpp"
#include "client/attention/state_impl.hpp"
#include "core/parallel.hpp"

#include <string>

namespace bochner {

using namespace attention_internals;

template <Scalar T>
AttentionProblem AttentionState<T>::Impl::problem_of(const Door& door,
                                                     const AttentionInputs<T>& inputs,
                                                     const LiveKeys& live) const {
  AttentionProblem problem = attention_problem(
      door, inputs,
      {.mask = Mask::causal, .key_mask = live.key_mask, .key_lengths = live.key_lengths});
  const auto& k = inputs.keys;
  const Index dim = maps_.all().empty() ? problem.dim : maps_.all().front().input_dim();
  if (problem.dim != dim || k.extent(0) != batch_ || k.extent(1) != key_heads_ ||
      inputs.values.extent(3) != value_dim_) {
    door.refuse("batch, key heads, dimension and value dimension are " +
                std::to_string(k.extent(0)) + ", " + std::to_string(k.extent(1)) + ", " +
                std::to_string(k.extent(3)) + " and " + std::to_string(inputs.values.extent(3)) +
                ", expected " + std::to_string(batch_) + ", " + std::to_string(key_heads_) + ", " +
                std::to_string(dim) + " and " + std::to_string(value_dim_));
  }
  require_gates(door, live.gates, batch_, key_heads_, k.extent(2));
  return problem;
}

template <Scalar T>
void AttentionState<T>::Impl::require_keys(const Door& door, const AttentionInputs<T>& inputs,
                                           const AttentionProblem& problem,
                                           const Execution& execution) const {
  const std::vector<HeadGroup> groups = head_groups(problem);
  parallel_for_blocks(static_cast<Index>(groups.size()), execution, [&](Index g, int) {
    const AttentionSequence& sequence = *groups[static_cast<std::size_t>(g)].sequence;
    const Index head = groups[static_cast<std::size_t>(g)].key_head;
    const auto keys = head_rows(inputs.keys, sequence.batch, head);
    const auto values = head_rows(inputs.values, sequence.batch, head);
    for_each_live_run(sequence, [&](Index first, Index count) {
      const RowOrigin origin{door, "keys", sequence.batch, head, first};
      refuse_rows(maps_[head].blocks(), Side::key, keys.middle_rows(first, count), origin);
      refuse_large_values(values.middle_rows(first, count), origin);
    });
  });
}

template <Scalar T>
void AttentionState<T>::Impl::require_queries(const Door& door, TensorView<const T, 4> queries,
                                              const AttentionProblem& problem,
                                              const Execution& execution) const {
  if (queries.extent(2) == 0) return;
  parallel_for_blocks(batch_ * problem.heads, execution, [&](Index t, int) {
    const RowOrigin origin{door, "queries", t / problem.heads, t % problem.heads, 0};
    refuse_rows(maps_[origin.head / problem.heads_per_key_head].blocks(), Side::query,
                head_rows(queries, origin.batch, origin.head), origin);
  });
}

template <Scalar T>
bool AttentionState<T>::Impl::collect(const KeyStream<T>& stream, const RowOrigin& origin,
                                      MatrixView<const T> queries,
                                      const std::array<std::int32_t, simd::kBlockRows>& seen,
                                      QueryWorker& worker) const {
  if (stream.empty()) return false;
  const PrefixView<T> state = stream.state().view();
  worker.block.load(queries, state.exponent, origin);
  worker.block.collect(state);
  if (stream.open().rows() > 0) {
    worker.block.collect(stream.open(), stream.packed(),
                         {seen.data(), static_cast<std::size_t>(queries.rows)});
  }
  return true;
}

template <Scalar T>
void AttentionState<T>::Impl::attend_stream(const KeyStream<T>& stream, const RowOrigin& origin,
                                            MatrixView<const T> queries,
                                            const std::array<std::int32_t, simd::kBlockRows>& seen,
                                            MatrixView<T> out, QueryWorker& worker) const {
  if (stream.open().rows() == 0 && lengths_[static_cast<std::size_t>(origin.batch)] == 0) {
    finish_empty(out, worker.report);
    return;
  }
  collect(stream, origin, queries, seen, worker);
  worker.block.finish(out, worker.report);
}

template AttentionProblem AttentionState<float>::Impl::problem_of(const Door&,
                                                                  const AttentionInputs<float>&,
                                                                  const LiveKeys&) const;
template void AttentionState<float>::Impl::require_keys(const Door&, const AttentionInputs<float>&,
                                                        const AttentionProblem&,
                                                        const Execution&) const;
template void AttentionState<float>::Impl::require_queries(const Door&, TensorView<const float, 4>,
                                                           const AttentionProblem&,
                                                           const Execution&) const;
template bool AttentionState<float>::Impl::collect(
    const KeyStream<float>&, const RowOrigin&, MatrixView<const float>,
    const std::array<std::int32_t, simd::kBlockRows>&, QueryWorker&) const;
template void AttentionState<float>::Impl::attend_stream(
    const KeyStream<float>&, const RowOrigin&, MatrixView<const float>,
    const std::array<std::int32_t, simd::kBlockRows>&, MatrixView<float>, QueryWorker&) const;
template AttentionProblem AttentionState<double>::Impl::problem_of(const Door&,
                                                                   const AttentionInputs<double>&,
                                                                   const LiveKeys&) const;
template void AttentionState<double>::Impl::require_keys(const Door&,
                                                         const AttentionInputs<double>&,
                                                         const AttentionProblem&,
                                                         const Execution&) const;
template void AttentionState<double>::Impl::require_queries(const Door&,
                                                            TensorView<const double, 4>,
                                                            const AttentionProblem&,
                                                            const Execution&) const;
template bool AttentionState<double>::Impl::collect(
    const KeyStream<double>&, const RowOrigin&, MatrixView<const double>,
    const std::array<std::int32_t, simd::kBlockRows>&, QueryWorker&) const;
template void AttentionState<double>::Impl::attend_stream(
    const KeyStream<double>&, const RowOrigin&, MatrixView<const double>,
    const std::array<std::int32_t, simd::kBlockRows>&, MatrixView<double>, QueryWorker&) const;

}  // namespace bochner
