// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/backward.hpp"
#include "client/attention/block_features.hpp"

namespace bochner::attention_internals {

/// The last pass of a head of which `sums` has the normalisers of all others: adds its own, and the
/// gradients of the features. `out` and its gradient have the queries in the order of their blocks,
/// as gradients of queries do; those of keys are as passes read the keys.
///
/// With t_i the sums over the queries of block i, a block of keys collects those of the blocks of
/// queries that do not weigh it exactly, as these collect the sums of blocks of keys.
template <Scalar T>
void block_features_gradient(const BlockFeatures<T>& features, const BlockedKeys<T>& keys,
                             const BlockedQueries<T>& queries, const BackwardCall<T>& slopes,
                             RowSums<T>& sums);

}  // namespace bochner::attention_internals
