// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/matrix.hpp"
#include "client/attention/problem.hpp"

#include <vector>

/// \file
/// A sample of queries with what they see, for closed forms.

namespace bochner::attention_internals {

/// Sampled queries of one head group that see the same keys.
struct SeenRows {
  Matrix<double> queries;
  Matrix<double> keys;    ///< where there are many, one from each of equal stretches, at random
  Matrix<double> values;  ///< of those keys
};

/// One row from each of min(count, rows) equal stretches of all rows (batch, head, query).
std::vector<AttentionRow> sampled_rows(const std::array<Index, 4>& queries, Index count, Seed seed);

/// The rows that see a key, grouped. Throws InvalidArgument when a query or what it sees is not
/// finite.
template <Scalar T>
std::vector<SeenRows> seen_rows(const Door& door, const AttentionProblem& problem,
                                const AttentionInputs<T>& inputs, std::vector<AttentionRow> rows,
                                Seed seed);

}  // namespace bochner::attention_internals
