// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/call.hpp"
#include "client/attention/row_target.hpp"

namespace bochner::attention_internals {

/// Query i sees the live keys at positions up to i + *until - 1.
///
/// Keys come in chunks of 64: a chunk's queries collect the state of all chunks before it and,
/// exactly in the features, the keys of the chunk up to their own; then the chunk joins the state.
/// All references come from the chunk's first key, which each of its queries sees. Where a later
/// key leaves their range the chunk is cut before it, and what follows takes references from that
/// key and the state: whether and where depends on earlier keys only, so no bit of a row depends on
/// what comes after it.
template <Scalar T>
AttentionReport causal_attention(const AttentionCall<T>& call, const RowTarget<T>& target);

}  // namespace bochner::attention_internals
