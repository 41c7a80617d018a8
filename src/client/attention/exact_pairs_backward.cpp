// SPDX-License-Identifier: Apache-2.0
#include "client/attention/exact_pairs_backward.hpp"

#include "client/attention/block_attention.hpp"
#include "client/attention/exact_backward.hpp"
#include "client/attention/exact_pairs.hpp"

#include <vector>

namespace bochner::attention_internals {
namespace {

/// Gradients of one pass, before they join those of the others; those of gates are added at once.
template <Scalar T>
class PartGradients {
 public:
  explicit PartGradients(const AttentionGradients<T>& all) : all_(all) {
    storage_.reserve(3);
    mine_ = {like(all.queries), like(all.keys), like(all.values), all.gates};
  }

  const AttentionGradients<T>& view() const noexcept { return mine_; }
  void clear() { clear_gradients<T>({mine_.queries, mine_.keys, mine_.values}); }
  /// all += mine, rows of the two in this order.
  void add(RowOrder order) const {
    add(mine_.queries, ordered(all_.queries, order));
    add(mine_.keys, ordered(all_.keys, order));
    add(mine_.values, ordered(all_.values, order));
  }

 private:
  TensorView<T, 4> like(const TensorView<T, 4>& tensor) {
    if (!wanted(tensor)) return {};
    const auto& e = tensor.extents;
    storage_.emplace_back(e[0] * e[1] * e[2], e[3]);
    return {storage_.back().data(), e};
  }
  static void add(const TensorView<T, 4>& from, const TensorView<T, 4>& to) {
    if (!wanted(to)) return;
    for (Index b = 0; b < to.extent(0); ++b) {
      for (Index h = 0; h < to.extent(1); ++h) {
        const auto source = head_rows(from, b, h);
        const auto sum = head_rows(to, b, h);
        for (Index r = 0; r < sum.rows; ++r) {
          for (Index c = 0; c < sum.cols; ++c) sum(r, c) += source(r, c);
        }
      }
    }
  }

  std::vector<Matrix<T>> storage_;
  const AttentionGradients<T>& all_;
  AttentionGradients<T> mine_;
};

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
    forward.door.refuse(
        "options ask for blocks of keys or their means, whose gradients are not "
        "offered, expected a window, first or heaviest keys");
  }
  const AttentionPasses passes = cut_passes(forward.problem, forward.inputs, options);
  T none{};
  const auto& extents = call.out.extents;
  const TensorView<T, 4> no_columns(&none, {extents[0], extents[1], extents[2], 0});
  RowSums<T> sums(no_columns);
  sum_normalisers(forward, passes, sums);

  PartGradients<T> part(call.gradients);
  const AttentionOptions no_options;
  const RowTotals<T> totals(sums, RowOrder::forward);
  for (const AttentionPass& pass : passes.exact) {
    const ExactCall<T> exact = exact_pass<T>(forward.door, kernel, forward.inputs, no_options, {},
                                             pass.problem, forward.execution);
    part.clear();
    exact_gradient<T>(exact, {call.out, call.out_gradient, part.view(), &totals},
                      forward.execution);
    part.add(RowOrder::forward);
  }
  for (const AttentionPass& pass : passes.features) {
    const AttentionInputs<T> inputs = ordered(forward.inputs, pass.order);
    const AttentionCall<T> features{forward.door,      forward.map,      inputs,    pass.problem,
                                    forward.execution, forward.products, pass.order};
    const auto out = ordered(call.out, pass.order);
    const auto out_gradient = ordered(call.out_gradient, pass.order);
    const RowTotals<T> mine(sums, pass.order);
    part.clear();
    const BackwardCall<T> backward{features, out, out_gradient, part.view(), &mine};
    if (pass.problem.sequences.front().until) {
      causal_gradient(backward);
    } else {
      bidirectional_gradient(backward);
    }
    part.add(pass.order);
  }
}

template void mixed_gradient<float>(const BackwardCall<float>&, const AttentionOptions&);
template void mixed_gradient<double>(const BackwardCall<double>&, const AttentionOptions&);

}  // namespace bochner::attention_internals
