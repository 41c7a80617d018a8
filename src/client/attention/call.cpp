// SPDX-License-Identifier: Apache-2.0
#include "client/attention/call.hpp"

#include "client/attention/key_factors.hpp"
#include "core/ask.hpp"

#include <algorithm>
#include <string>

namespace bochner::attention_internals {
namespace {

[[noreturn]] void refuse_on_weights(const Door& door, const std::string& what) {
  door.refuse(what +
              " acts on the L x S weights, which linear attention never forms; use "
              "exact_attention");
}

}  // namespace

template <Scalar T>
AttentionProblem linear_problem(const Door& door, const BlockMap<T>& map,
                                const AttentionInputs<T>& inputs, const AttentionOptions& options) {
  if (options.allowed.data != nullptr) refuse_on_weights(door, "the mask `allowed`");
  if (options.window != 0) refuse_on_weights(door, "a sliding window");
  AttentionProblem problem = attention_problem(door, inputs, options);
  require_dim(door, problem, map.input_dim());
  return problem;
}

bool weighs_exactly(const AttentionOptions& options) {
  return options.exact != ExactPairs{} || options.rest != Rest::features;
}

void require_features_only(const Door& door, const AttentionOptions& options) {
  if (!weighs_exactly(options)) return;
  door.refuse(
      "options ask for pairs that are weighed exactly (`exact`, `rest`), expected none here");
}

void require_dim(const Door& door, const AttentionProblem& problem, Index input_dim) {
  if (problem.dim == input_dim) return;
  door.refuse("queries and keys have dimension " + std::to_string(problem.dim) + ", expected " +
              std::to_string(input_dim) + " (the map's input_dim)");
}

Index first_query_seeing(const AttentionSequence& sequence, Index k) {
  return std::clamp<Index>(sequence.position(k) - *sequence.until + 1, 0, sequence.num_queries);
}

std::vector<HeadGroup> head_groups(const AttentionProblem& problem) {
  std::vector<HeadGroup> groups;
  for (const AttentionSequence& sequence : problem.sequences) {
    for (Index head = 0; head < problem.key_heads; ++head) {
      if (is_about(problem, sequence, head)) groups.push_back({&sequence, head});
    }
  }
  return groups;
}

std::vector<QueryTask> query_tasks(const AttentionProblem& problem,
                                   const std::vector<HeadGroup>& groups) {
  std::vector<QueryTask> tasks;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (Index h = 0; h < problem.heads_per_key_head; ++h) {
      const Index head = groups[g].key_head * problem.heads_per_key_head + h;
      for (Index i = 0; i < groups[g].sequence->num_queries; i += simd::kBlockRows) {
        tasks.push_back({static_cast<Index>(g), head, i});
      }
    }
  }
  return tasks;
}

AttentionReport sum_reports(const std::vector<AttentionReport>& reports) {
  AttentionReport total;
  for (const AttentionReport& report : reports) {
    total.empty_rows += report.empty_rows;
    total.underflowed_rows += report.underflowed_rows;
    total.negative_rows += report.negative_rows;
    total.nonfinite_rows += report.nonfinite_rows;
  }
  return total;
}

template <Scalar T>
KeyLoader<T>::KeyLoader(const AttentionCall<T>& call)
    : call_(&call),
      key_buffer_(simd::kBlockRows, call.problem.dim),
      value_buffer_(simd::kBlockRows, call.problem.value_dim) {}

template <Scalar T>
typename KeyLoader<T>::Rows KeyLoader<T>::rows(const HeadGroup& group, Index first, Index count) {
  ask(call_->execution);  // a causal head is one block of work
  const AttentionSequence& sequence = *group.sequence;
  const auto keys = head_rows(call_->inputs.keys, sequence.batch, group.key_head);
  const auto values = head_rows(call_->inputs.values, sequence.batch, group.key_head);
  const Index next = sequence.first_key + sequence.position(first + count - 1) + 1;
  const RowNumber number(call_->order, keys.rows, sequence.first_key + sequence.position(first));
  const KeyFactors factors(call_->problem, sequence.batch, group.key_head);
  const Index factored = factors.trivial() ? 0 : count;
  for (Index r = 0; r < factored; ++r) {
    const Index row = sequence.first_key + sequence.position(first + r);
    factor_buffer_[static_cast<std::size_t>(r)] = factors.at(row);
  }
  return {live_rows(sequence, keys, first, count, key_buffer_),
          live_rows(sequence, values, first, count, value_buffer_),
          {call_->door,
           "keys",
           sequence.batch,
           group.key_head,
           number.first,
           {rows_ahead(keys, next), rows_ahead(values, next)},
           number.step},
          std::span(factor_buffer_).first(static_cast<std::size_t>(factored))};
}

template <Scalar T>
void KeyLoader<T>::load(const HeadGroup& group, Index first, Index count, KeyBlock<T>& block,
                        KeyScratch<T>& scratch) {
  const Rows r = rows(group, first, count);
  block.load(r.keys, r.values, r.log2_factor, r.origin, scratch.workspace);
}

template <Scalar T>
Index KeyLoader<T>::extend(const HeadGroup& group, Index first, Index count, KeyStream<T>& stream,
                           KeyScratch<T>& scratch) {
  const Rows r = rows(group, first, count);
  return stream.extend(r.keys, r.values, r.log2_factor, r.origin, scratch);
}

template AttentionProblem linear_problem<float>(const Door&, const BlockMap<float>&,
                                                const AttentionInputs<float>&,
                                                const AttentionOptions&);
template AttentionProblem linear_problem<double>(const Door&, const BlockMap<double>&,
                                                 const AttentionInputs<double>&,
                                                 const AttentionOptions&);
template class KeyLoader<float>;
template class KeyLoader<double>;

}  // namespace bochner::attention_internals
