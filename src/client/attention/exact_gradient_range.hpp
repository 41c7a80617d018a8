// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/exact_call.hpp"

namespace bochner::attention_internals {

/// The range that a group's gradients are computed in, which is one for all of them: wide where a
/// row of it is, or where sums of products with `out_gradient` could overflow T. Throws
/// InvalidArgument where they could overflow double.
template <Scalar T>
ExactRange gradient_range(const ExactCall<T>& call, const TensorView<const T, 4>& out_gradient,
                          const AttentionSequence& sequence, Index key_head);

}  // namespace bochner::attention_internals
