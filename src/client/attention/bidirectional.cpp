// SPDX-License-Identifier: Apache-2.0
#include "client/attention/bidirectional.hpp"

#include "client/attention/key_states.hpp"

#include <algorithm>

namespace bochner::attention_internals {
namespace {

template <Scalar T>
struct Worker {
  QueryBlock<T> queries;
  AttentionReport report;
  const PrefixState<T>* prepared = nullptr;  ///< what `queries` is prepared for
};

/// Queries first ... (at most 64) of one head out of the state of its keys.
template <Scalar T>
void attend(const AttentionCall<T>& call, const AttentionSequence& sequence, Index head,
            Index first, const PrefixState<T>& keys, const RowTarget<T>& target,
            Worker<T>& worker) {
  const PrefixView<T> state = keys.view();
  const Index count = std::min(simd::kBlockRows, sequence.num_queries - first);
  const auto rows = target.rows(sequence, head, first, count);
  if (sequence.num_keys == 0) {
    target.take_empty(sequence, head, first, count, worker.report);
    return;
  }
  worker.queries.load(
      query_rows(call.inputs.queries, sequence, head, first, count), state.exponent,
      query_origin(call, sequence, head, first, count, rows_ahead(MatrixView<const T>(rows), 0)));
  if (worker.prepared != &keys) worker.queries.prepare(state);
  worker.prepared = &keys;
  worker.queries.collect(state);
  target.take(worker.queries, sequence, head, first, worker.report);
}

}  // namespace

template <Scalar T>
AttentionReport bidirectional_attention(const AttentionCall<T>& call, const RowTarget<T>& target) {
  const std::vector<HeadGroup> groups = head_groups(call.problem);
  if (groups.empty()) return {};
  KeyStates<T> states(call);
  std::vector<Worker<T>> workers;
  for (Index w = 0; w < available_workers(call.execution); ++w) {
    workers.push_back({QueryBlock<T>(call.map, call.problem.value_dim, call.products), {}});
  }
  for_each_batch(groups, states.capacity(), [&](const std::vector<HeadGroup>& batch) {
    states.compute(batch);
    for (Worker<T>& worker : workers) worker.prepared = nullptr;
    const std::vector<QueryTask> tasks = query_tasks(call.problem, batch);
    parallel_for_runs(static_cast<Index>(tasks.size()), call.execution, [&](Index t, int w) {
      const auto& [group, head, first] = tasks[static_cast<std::size_t>(t)];
      attend(call, *batch[static_cast<std::size_t>(group)].sequence, head, first, states[group],
             target, workers[static_cast<std::size_t>(w)]);
    });
  });
  std::vector<AttentionReport> reports;
  for (const Worker<T>& worker : workers) reports.push_back(worker.report);
  return sum_reports(reports);
}

template AttentionReport bidirectional_attention(const AttentionCall<float>&,
                                                 const RowTarget<float>&);
template AttentionReport bidirectional_attention(const AttentionCall<double>&,
                                                 const RowTarget<double>&);

}  // namespace bochner::attention_internals
