// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/backward.hpp"

namespace bochner::attention_internals {

/// The gradients of `mixed_attention`, pass by pass. Throws InvalidArgument when options ask for
/// blocks or means.
template <Scalar T>
void mixed_gradient(const BackwardCall<T>& call, const AttentionOptions& options);

}  // namespace bochner::attention_internals
