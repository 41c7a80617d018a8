// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/backward.hpp"

namespace bochner::attention_internals {

/// Adds the gradients of `mixed_attention`, pass by pass.
template <Scalar T>
void mixed_gradient(const BackwardCall<T>& call, const AttentionOptions& options);

}  // namespace bochner::attention_internals
