// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/call.hpp"
#include "client/attention/row_target.hpp"

namespace bochner::attention_internals {

/// Every query sees every live key of its sequence: keys into a state, then queries out of it.
template <Scalar T>
AttentionReport bidirectional_attention(const AttentionCall<T>& call, const RowTarget<T>& target);

}  // namespace bochner::attention_internals
