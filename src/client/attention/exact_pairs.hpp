// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/call.hpp"

#include <vector>

/// \file
/// Attention that weighs some pairs exactly and the rest through features, as a sum of passes: each
/// pair of a query and a key that it sees is in one pass, so that nothing is subtracted.

namespace bochner::attention_internals {

/// Sequences whose queries are all summed in the same way.
struct AttentionPass {
  AttentionProblem problem;
  RowOrder order = RowOrder::forward;
};

struct AttentionPasses {
  std::vector<AttentionPass> exact;
  std::vector<AttentionPass> features;
};

/// Throws InvalidArgument when `options.exact` contradicts itself or the mask.
void require_fitting(const Door& door, const AttentionOptions& options);

/// Cuts a problem whose sequences have no `from`, by all of `options.exact` but blocks.
template <Scalar T>
AttentionPasses cut_passes(const AttentionProblem& problem, const AttentionInputs<T>& inputs,
                           const AttentionOptions& options);

/// The same tensor, its rows in this order, if it has data.
template <class T>
TensorView<T, 4> ordered(TensorView<T, 4> x, RowOrder order) {
  if (order == RowOrder::forward || x.data == nullptr) return x;
  if (x.extents[2] > 0) x.data += (x.extents[2] - 1) * x.strides[2];
  x.strides[2] = -x.strides[2];
  return x;
}

template <Scalar T>
AttentionInputs<T> ordered(const AttentionInputs<T>& x, RowOrder order) {
  return {ordered(x.queries, order), ordered(x.keys, order), ordered(x.values, order)};
}

/// Adds all passes of a call to sums.
template <Scalar T>
void run_passes(const AttentionCall<T>& call, const AttentionPasses& passes, RowSums<T>& sums);

/// All passes of a call, added.
template <Scalar T>
AttentionReport mixed_attention(const AttentionCall<T>& call, const AttentionOptions& options,
                                const TensorView<T, 4>& out);

}  // namespace bochner::attention_internals
