// SPDX-License-Identifier: Apache-2.0
#include "client/attention/exact_pairs_backward.hpp"

#include "client/attention/block_attention.hpp"
#include "client/attention/block_backward.hpp"
#include "client/attention/exact_backward.hpp"
#include "client/attention/exact_pairs.hpp"

namespace bochner::attention_internals {
namespace {

/// The normalisers of all rows: the forward pass without values.
template <Scalar T>
void sum_normalisers(const AttentionCall<T>& call, const AttentionPasses& passes,
                     RowSums<T>& sums) {
  const AttentionInputs<T> inputs{call.inputs.queries, call.inputs.keys,
                                  no_values(call.inputs.keys)};
  AttentionProblem problem = call.problem;
  problem.value_dim = 0;
  AttentionPasses without_values = passes;
  for (auto* const kind : {&without_values.exact, &without_values.features}) {
    for (AttentionPass& pass : *kind) pass.problem.value_dim = 0;
  }
  const AttentionCall<T> masses{call.door, call.map, inputs, problem, call.execution};
  run_passes(masses, without_values, sums);
}

}  // namespace

template <Scalar T>
void mixed_gradient(const BackwardCall<T>& call, const AttentionOptions& options) {
  const AttentionCall<T>& forward = call.forward;
  const Kernel& kernel = forward.map.spec().kernel;
  require_normal_kernel(forward.door, kernel);
  require_fitting(forward.door, options);
  if (by_blocks(options)) {
    block_gradient(call, options);
    return;
  }
  const AttentionPasses passes = cut_passes(forward.problem, forward.inputs, options);
  RowSums<T> sums = normaliser_sums<T>(call.out.extents);
  sum_normalisers(forward, passes, sums);

  const AttentionOptions no_options;
  const RowTotals<T> totals(sums, RowOrder::forward);
  for (const AttentionPass& pass : passes.exact) {
    const ExactCall<T> exact = exact_pass<T>(forward.door, kernel, forward.inputs, no_options, {},
                                             pass.problem, forward.execution);
    exact_gradient<T>(exact, {call.out, call.out_gradient, call.gradients, &totals},
                      separate_tiles(pass.problem), forward.execution);
  }
  for (const AttentionPass& pass : passes.features) {
    const AttentionInputs<T> inputs = ordered(forward.inputs, pass.order);
    const AttentionCall<T> features{forward.door,      forward.map,      inputs,    pass.problem,
                                    forward.execution, forward.products, pass.order};
    const auto out = ordered(call.out, pass.order);
    const auto out_gradient = ordered(call.out_gradient, pass.order);
    const AttentionGradients<T> gradients{ordered(call.gradients.queries, pass.order),
                                          ordered(call.gradients.keys, pass.order),
                                          ordered(call.gradients.values, pass.order),
                                          call.gradients.gates};  // causal: never reversed
    const RowTotals<T> mine(sums, pass.order);
    const BackwardCall<T> backward{features, out, out_gradient, gradients, &mine};
    if (pass.problem.sequences.front().until) {
      causal_gradient(backward);
    } else {
      bidirectional_gradient(backward);
    }
  }
}

template void mixed_gradient<float>(const BackwardCall<float>&, const AttentionOptions&);
template void mixed_gradient<double>(const BackwardCall<double>&, const AttentionOptions&);

}  // namespace bochner::attention_internals
