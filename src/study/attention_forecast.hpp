// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/exact.hpp"

namespace bochner::study {

/// Seconds that `exact_attention` takes, from the time of a few queries of one head; 0, and nothing
/// is timed, where it is soon done. Throws as it does.
template <Scalar T>
double exact_attention_seconds(const Kernel& kernel, const AttentionInputs<T>& inputs, Mask mask,
                               const Execution& execution);

extern template double exact_attention_seconds(const Kernel&, const AttentionInputs<float>&, Mask,
                                               const Execution&);
extern template double exact_attention_seconds(const Kernel&, const AttentionInputs<double>&, Mask,
                                               const Execution&);

}  // namespace bochner::study
