// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/call.hpp"

/// \file
/// Attention by blocks of neighbouring rows: some blocks exactly, the others through features or
/// their means.

namespace bochner::attention_internals {

/// Whether options ask for it.
bool by_blocks(const AttentionOptions& options);

/// All sequences and heads of a checked call, one head after the other, added to `sums`. With
/// `Rest::features` the features of each block of keys are summed once, and of each block of
/// queries over the blocks that it does not weigh exactly: O(blocks^2 D d_v) for each head, and
/// O(blocks D d_v) memory.
template <Scalar T>
void block_attention(const AttentionCall<T>& call, const AttentionOptions& options,
                     RowSums<T>& sums);

}  // namespace bochner::attention_internals
