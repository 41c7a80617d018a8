// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/exact.hpp"

namespace bochner {

/// The online softmax of up to 64 rows: numerators, and normalisers as sum 2^exponent.
template <Scalar T>
class OnlineSoftmax {
 public:
  explicit OnlineSoftmax(Index value_dim);

  void start();
  /// Takes in a tile of logits (which become weights).
  void add(const ExactQueries<T>& queries, const ExactKeys<T>& keys, Matrix<T>& logits);
  /// out = numerator / normaliser, zeros where nothing was seen; returns how many such rows.
  Index finish(Index rows, MatrixView<T> out) const;

  const Matrix<T>& numerator() const noexcept { return numerator_; }
  const std::array<T, simd::kBlockRows>& sum() const noexcept { return sum_; }
  const std::array<std::int32_t, simd::kBlockRows>& exponent() const noexcept { return exponent_; }

 private:
  Index value_dim_;
  Matrix<T> numerator_;  ///< rows x d_v
  Matrix<T> part_;
  std::array<T, simd::kBlockRows> sum_{};
  std::array<T, simd::kBlockRows> rescale_{};
  std::array<std::int32_t, simd::kBlockRows> exponent_{};
};

/// Queries that share a tile of keys while it is packed.
inline constexpr Index kExactQueries = 4 * simd::kBlockRows;

}  // namespace bochner
