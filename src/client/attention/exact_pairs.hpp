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

/// Whether a call is more than features for all pairs.
bool weighs_exactly(const AttentionOptions& options);

/// All passes of a call, added.
template <Scalar T>
AttentionReport mixed_attention(const AttentionCall<T>& call, const AttentionOptions& options,
                                const TensorView<T, 4>& out);

}  // namespace bochner::attention_internals
