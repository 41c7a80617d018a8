// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "client/attention/exact.hpp"
#include "client/attention/row_target.hpp"

namespace bochner::attention_internals {

/// The online softmax of up to 64 rows: numerators, and normalisers as sum 2^exponent.
template <Scalar T, Scalar U>
class OnlineSoftmax {
 public:
  explicit OnlineSoftmax(Index value_dim);

  void start();
  /// Takes in a tile of logits (which become weights).
  void add(const ExactQueries<T, U>& queries, const ExactKeys<T, U>& keys, Matrix<U>& logits);
  /// out = numerator / (normaliser scale), zeros where nothing was seen, and what became of the
  /// row.
  void finish(Index row, double scale, MatrixView<T> out, AttentionReport& report) const;
  /// Adds a row to the sums of a target, 2^constant being common to its weights.
  void add_to(const RowTarget<T>& target, const AttentionSequence& sequence, Index head,
              Index query, Index row, double scale, double constant);

 private:
  Index value_dim_;
  Matrix<U> numerator_;  ///< rows x d_v
  Matrix<U> part_;
  std::array<U, simd::kBlockRows> sum_{};
  std::array<U, simd::kBlockRows> rescale_{};
  std::array<U, simd::kBlockRows> exponent_{};
};

/// Queries that share a tile of keys while it is packed.
inline constexpr Index kExactQueries = 4 * simd::kBlockRows;

/// All rows of a checked call.
template <Scalar T>
AttentionReport exact_rows(const ExactCall<T>& call, const RowTarget<T>& target,
                           const Execution& execution);

}  // namespace bochner::attention_internals
