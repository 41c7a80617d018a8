// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/plan.hpp"

/// \file
/// What a plan would cost.

namespace bochner::attention_internals {

/// One head, as far as its cost goes.
struct HeadSize {
  AttentionLengths lengths;
  Index dim = 1;
  Index num_features = 1;
  Mask mask = Mask::none;
};

struct PlanCost {
  double nanoseconds = 0.0;
  double exact_share = 0.0;  ///< of the pairs
};

/// Adds to `attention_nanoseconds`
///   exact pairs      2 d product + weight each;
///   features         once more where a window has keys on either side;
///   means            blocks are chosen in double: (4 d product + weight) for each query and block,
///                    and weighed as keys of 2 d columns;
///   bisection        8 passes over the rows for each halving.
PlanCost plan_cost(const HeadSize& head, AttentionMethod method, const ExactPairs& exact,
                   const AttentionCosts& costs);

}  // namespace bochner::attention_internals
