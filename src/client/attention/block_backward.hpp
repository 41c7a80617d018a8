// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/backward.hpp"

namespace bochner::attention_internals {

/// Adds the gradients of `block_attention`, which blocks are weighed exactly being a constant. With
/// `Rest::features` O(blocks^2 D d_v) for each head, and O(blocks D d_v) memory, as going forward.
template <Scalar T>
void block_gradient(const BackwardCall<T>& call, const AttentionOptions& options);

}  // namespace bochner::attention_internals
