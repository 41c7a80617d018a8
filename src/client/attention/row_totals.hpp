// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/problem.hpp"
#include "client/attention/query_block.hpp"
#include "client/attention/row_sums.hpp"

#include <cmath>
#include <span>

/// \file
/// The normalisers of rows that several passes have added to, for their backward passes.

namespace bochner::attention_internals {

template <Scalar T>
class RowTotals {
 public:
  RowTotals(const RowSums<T>& sums, RowOrder order) : sums_(&sums), order_(order) {}
  /// For a pass over gathered queries, see `RowTarget`.
  RowTotals(const RowSums<T>& sums, std::span<const Index> rows) : sums_(&sums), rows_(rows) {}

  /// Of one query: normaliser 2^unit.
  const typename RowSums<T>::Row& row(const AttentionSequence& sequence, Index head,
                                      Index query) const {
    const Index at = sequence.first_query + query;
    if (!rows_.empty()) {
      return sums_->row(sequence.batch, head, rows_[static_cast<std::size_t>(at)]);
    }
    const Index total = sums_->out().extent(2);
    return sums_->row(sequence.batch, head, order_ == RowOrder::forward ? at : total - 1 - at);
  }

  /// Replaces the normalisers of the queries first ... of a head, in the unit of each.
  void apply(QueryBlock<T>& queries, const AttentionSequence& sequence, Index head,
             Index first) const {
    for (Index r = 0; r < queries.rows(); ++r) {
      const auto& total = row(sequence, head, first + r);
      queries.set_normaliser(
          r, static_cast<T>(total.normaliser * std::exp2(total.unit - queries.unit(r))));
    }
  }

 private:
  const RowSums<T>* sums_;
  RowOrder order_ = RowOrder::forward;
  std::span<const Index> rows_;
};

}  // namespace bochner::attention_internals
