// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/problem.hpp"

#include <vector>

/// \file
/// Sequences with some of their keys.

namespace bochner::attention_internals {

/// The sequence with these of its positions only, ascending.
AttentionSequence with_keys(AttentionSequence sequence, std::vector<Index> positions);

/// Without the keys after all that the last query sees.
AttentionSequence trimmed(AttentionSequence sequence);

/// The positions of the first live keys, `count` of them at most.
std::vector<Index> first_keys(const AttentionSequence& sequence, Index count);

/// The positions of the longest live keys of one head, `count` of them at most, ascending; of
/// equals the first, and one that is not a number counts as infinitely long.
template <Scalar T>
std::vector<Index> heaviest_keys(const AttentionSequence& sequence, MatrixView<const T> keys,
                                 Index count);

/// Both of these.
template <Scalar T>
std::vector<Index> always_exact(const AttentionSequence& sequence, MatrixView<const T> keys,
                                const ExactPairs& exact);

}  // namespace bochner::attention_internals
