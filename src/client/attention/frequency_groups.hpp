// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/query_block.hpp"
#include "estimator/frequency_groups.hpp"

#include <span>
#include <vector>

/// \file
/// What queries collect, separately for groups of frequencies that were drawn independently.

namespace bochner::attention_internals {

using estimator::FrequencyGroup;

/// Numerators and normalisers of up to 64 queries, group by group.
template <Scalar T>
class GroupSums {
 public:
  GroupSums(const BlockMap<T>& map, Index value_dim, std::vector<FrequencyGroup> groups);

  /// Starts with what the queries collect from a state.
  void collect(const QueryBlock<T>& queries, const PrefixView<T>& state);
  /// Adds the first count[r] keys of a block for row r.
  void collect(const QueryBlock<T>& queries, const KeyBlock<T>& keys, const PrefixView<T>& state,
               std::span<const std::int32_t> count);

  /// Writes the jackknife's standard errors of a row: squared, one per entry.
  void squared_errors(Index row, std::span<double> out);

 private:
  /// Calls body(group, first feature, features of it) for each run of adjacent feature columns.
  template <class Body>
  void for_each_run(const Body& body) const;
  void gather(const QueryBlock<T>& queries, Index first, Index count);

  Index value_dim_;
  Index num_frequencies_;
  Index num_features_;
  Index rows_ = 0;
  std::vector<FrequencyGroup> groups_;
  std::vector<Matrix<T>> numerator_;  ///< per group: rows x d_v
  Matrix<double> normaliser_;         ///< groups x rows
  Matrix<T> weights_;                 ///< rows x the features of a run
  Matrix<T> keys_;                    ///< D x 64, transposed weights of keys
  Matrix<T> scores_;                  ///< rows x 64
  Matrix<T> part_;                    ///< rows x d_v
  Matrix<double> left_;               ///< groups x (d_v + 1): sums without a group
};

}  // namespace bochner::attention_internals
