// SPDX-License-Identifier: Apache-2.0
#include "client/attention/exact_pairs.hpp"

#include "client/attention/bidirectional.hpp"
#include "client/attention/block_attention.hpp"
#include "client/attention/causal.hpp"
#include "client/attention/exact_forward.hpp"
#include "client/attention/key_subsets.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string>
#include <utility>

namespace bochner::attention_internals {
namespace {

/// A sequence with a `from` and no `until` in tensors of so many queries and keys, as it is when
/// the rows of these are counted from their ends: with an `until` and no `from`.
AttentionSequence reversed(AttentionSequence sequence, Index queries, Index keys) {
  const Index positions = sequence.num_keys == 0 ? 0 : sequence.position(sequence.num_keys - 1) + 1;
  sequence.first_query = queries - sequence.first_query - sequence.num_queries;
  sequence.first_key = keys - sequence.first_key - positions;
  std::reverse(sequence.live.begin(), sequence.live.end());
  for (Index& p : sequence.live) p = positions - 1 - p;
  const bool gaps = !sequence.live.empty() && sequence.live.back() != sequence.num_keys - 1;
  if (!gaps) sequence.live.clear();
  sequence.until = positions - sequence.num_queries - *sequence.from + 1;
  sequence.from.reset();
  return sequence;
}

/// The passes that one sequence takes part in; the sequences of a pass are alike.
class PassCutter {
 public:
  PassCutter(const AttentionProblem& problem, const AttentionOptions& options,
             std::array<Index, 2> lengths)
      : options_(options), lengths_(lengths) {
    for (AttentionPass* const pass : {&band_, &before_, &after_, &features_, &later_features_}) {
      pass->problem = problem;
      pass->problem.sequences.clear();
    }
    later_features_.order = RowOrder::reversed;
  }

  /// `always` are the positions of the keys that every query weighs exactly.
  void cut(const AttentionSequence& sequence, std::vector<Index> always) {
    std::vector<Index> live(static_cast<std::size_t>(sequence.num_keys));
    for (Index k = 0; k < sequence.num_keys; ++k) {
      live[static_cast<std::size_t>(k)] = sequence.position(k);
    }
    std::vector<Index> others;
    std::set_difference(live.begin(), live.end(), always.begin(), always.end(),
                        std::back_inserter(others));
    const Index window =
        std::min(options_.exact.window,
                 lengths_[0] + lengths_[1] + std::abs(sequence.query_offset) + 1);  // all there is
    if (window == 0) {
      add(before_, sequence, std::move(always));
      add(features_, sequence, std::move(others));
      return;
    }
    const bool causal = sequence.until.has_value();
    AttentionSequence band = sequence;
    band.from = (causal ? *sequence.until - 1 : sequence.query_offset) - window + 1;
    if (!causal) band.until = sequence.query_offset + window;
    AttentionSequence before = sequence;
    before.until = *band.from;
    if (!causal) {
      AttentionSequence after = sequence;
      after.from = *band.until;
      add(after_, after, always);
      after = with_keys(after, others);
      add_if_any(later_features_, trimmed(reversed(std::move(after), lengths_[0], lengths_[1])));
    }
    add(band_, band, std::move(live));
    add(before_, before, std::move(always));
    add(features_, before, std::move(others));
  }

  AttentionPasses passes() && {
    AttentionPasses out;
    for (AttentionPass* const pass : {&band_, &before_, &after_}) {
      if (!pass->problem.sequences.empty()) out.exact.push_back(std::move(*pass));
    }
    if (options_.rest == Rest::none) return out;
    for (AttentionPass* const pass : {&features_, &later_features_}) {
      if (!pass->problem.sequences.empty()) out.features.push_back(std::move(*pass));
    }
    return out;
  }

 private:
  static void add(AttentionPass& pass, const AttentionSequence& sequence,
                  std::vector<Index> positions) {
    add_if_any(pass, trimmed(with_keys(sequence, std::move(positions))));
  }
  static void add_if_any(AttentionPass& pass, AttentionSequence sequence) {
    if (sequence.num_keys > 0) pass.problem.sequences.push_back(std::move(sequence));
  }

  const AttentionOptions& options_;
  std::array<Index, 2> lengths_;  ///< of queries and keys
  AttentionPass band_;            ///< the window
  AttentionPass before_;          ///< keys that all weigh exactly, before the window or without one
  AttentionPass after_;           ///< the same after it
  AttentionPass features_;        ///< all other keys before the window, or without one
  AttentionPass later_features_;  ///< the same after it
};

/// The values that exact passes sum.
template <Scalar T>
void require_summable(const AttentionCall<T>& call) {
  const std::vector<HeadGroup> groups = head_groups(call.problem);
  parallel_for_blocks(static_cast<Index>(groups.size()), call.execution, [&](Index g, int) {
    const auto& [sequence, head] = groups[static_cast<std::size_t>(g)];
    const auto values = head_rows(call.inputs.values, sequence->batch, head);
    for_each_live_run(*sequence, [&](Index first, Index count) {
      refuse_large_values(values.middle_rows(first, count),
                          RowOrigin{call.door, "values", sequence->batch, head, first});
    });
  });
}

}  // namespace

void require_fitting(const Door& door, const AttentionOptions& options) {
  const ExactPairs& exact = options.exact;
  door.at_least("exact.window", exact.window, 0)
      .at_least("exact.first_keys", exact.first_keys, 0)
      .at_least("exact.heaviest_keys", exact.heaviest_keys, 0)
      .at_least("exact.blocks.count", exact.blocks.count, 0);
  for (const auto& [name, rows] : {std::pair{"query_rows", exact.blocks.query_rows},
                                   std::pair{"key_rows", exact.blocks.key_rows}}) {
    if (rows == 16 || rows == 32 || rows == 64) continue;
    door.refuse(std::string("exact.blocks.") + name, std::to_string(rows), "16, 32 or 64");
  }
  if (!options.decay.empty() && by_blocks(options)) {
    door.refuse("decay is given together with blocks of keys or their means, expected one of them");
  }
  if (options.gates.data != nullptr && by_blocks(options)) {
    door.refuse(
        "gates are given together with blocks of keys or their means, expected one of them");
  }
  if (options.mask != Mask::causal) return;
  if (exact.heaviest_keys > 0) {
    door.refuse(
        "exact.heaviest_keys is given with a causal mask, expected none: later keys would decide "
        "which are the heaviest");
  }
  if (exact.blocks.order == BlockOrder::bisection) {
    door.refuse("exact.blocks.order is bisection with a causal mask, expected given");
  }
}

template <Scalar T>
AttentionPasses cut_passes(const AttentionProblem& problem, const AttentionInputs<T>& inputs,
                           const AttentionOptions& options) {
  const ExactPairs& exact = options.exact;
  PassCutter cutter(problem, options, {inputs.queries.extent(2), inputs.keys.extent(2)});
  for (const AttentionSequence& sequence : problem.sequences) {
    if (exact.heaviest_keys == 0) {
      cutter.cut(sequence, first_keys(sequence, exact.first_keys - sequence.earlier_keys));
      continue;
    }
    for (Index h = 0; h < problem.key_heads; ++h) {
      AttentionSequence of_head = sequence;
      of_head.first_head = h * problem.heads_per_key_head;
      of_head.num_heads = problem.heads_per_key_head;
      cutter.cut(of_head, always_exact(sequence, head_rows(inputs.keys, sequence.batch, h), exact));
    }
  }
  return std::move(cutter).passes();
}

template <Scalar T>
void run_passes(const AttentionCall<T>& call, const AttentionPasses& passes, RowSums<T>& sums) {
  const Kernel& kernel = call.map.spec().kernel;
  const AttentionOptions no_options;
  for (const AttentionPass& pass : passes.exact) {
    const ExactCall<T> exact =
        exact_pass<T>(call.door, kernel, call.inputs, no_options, {}, pass.problem, call.execution);
    exact_rows(exact, RowTarget<T>(sums, pass.order), call.execution);
  }
  for (const AttentionPass& pass : passes.features) {
    const AttentionInputs<T> inputs = ordered(call.inputs, pass.order);
    const AttentionCall<T> part{call.door,      call.map,      inputs,    pass.problem,
                                call.execution, call.products, pass.order};
    const RowTarget<T> target(sums, pass.order);
    if (pass.problem.sequences.front().until) {
      causal_attention(part, target);
    } else {
      bidirectional_attention(part, target);
    }
  }
}

template <Scalar T>
AttentionReport mixed_attention(const AttentionCall<T>& call, const AttentionOptions& options,
                                const TensorView<T, 4>& out) {
  const Kernel& kernel = call.map.spec().kernel;
  require_normal_kernel(call.door, kernel);
  require_fitting(call.door, options);
  require_summable(call);
  AttentionReport report;
  if (call.problem.value_dim == 0) return report;
  RowSums<T> sums(out);
  if (by_blocks(options)) {
    block_attention(call, options, sums);
  } else {
    run_passes(call, cut_passes(call.problem, call.inputs, options), sums);
  }
  sums.finish(report);
  return report;
}

template AttentionPasses cut_passes<float>(const AttentionProblem&, const AttentionInputs<float>&,
                                           const AttentionOptions&);
template AttentionPasses cut_passes<double>(const AttentionProblem&, const AttentionInputs<double>&,
                                            const AttentionOptions&);
template void run_passes<float>(const AttentionCall<float>&, const AttentionPasses&,
                                RowSums<float>&);
template void run_passes<double>(const AttentionCall<double>&, const AttentionPasses&,
                                 RowSums<double>&);
template AttentionReport mixed_attention<float>(const AttentionCall<float>&,
                                                const AttentionOptions&,
                                                const TensorView<float, 4>&);
template AttentionReport mixed_attention<double>(const AttentionCall<double>&,
                                                 const AttentionOptions&,
                                                 const TensorView<double, 4>&);

}  // namespace bochner::attention_internals
