// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/exact_call.hpp"
#include "client/attention/key_factors.hpp"

#include <algorithm>
#include <array>
#include <vector>

/// \file
/// Exact weights by tiles: what the forward and backward passes of exact attention share. Inputs
/// are of T, work is in U: T for ordinary rows, double for wide ones.

namespace bochner::attention_internals {

/// Keys of a tile.
inline constexpr Index kExactKeys = 256;

/// Up to kExactKeys keys of a head with their values, ready for products; zeros for those that no
/// query sees.
template <Scalar T, Scalar U>
class ExactKeys {
 public:
  ExactKeys(const ExactCall<T>& call, ExactRange range);

  /// Live keys first .. first + count - 1 of one key head.
  void load(const AttentionSequence& sequence, Index key_head, Index first, Index count);

  Index first() const noexcept { return first_; }
  Index count() const noexcept { return count_; }
  /// count x d, transformed; in the wide range as they are.
  const Matrix<U>& keys() const noexcept { return keys_; }
  const U* packed() const noexcept { return packed_.data(); }  ///< the same, packed
  /// count x d_v, times `value_scale`, infinite ones 0.
  const Matrix<U>& values() const noexcept { return values_; }
  const U* bias() const noexcept { return bias_.data(); }  ///< key_weight |A k|^2
  /// Keys whose values are not all finite, and those values as they are.
  const std::vector<Index>& poisoned() const noexcept { return poisoned_; }
  U value(Index key, Index column) const;

 private:
  const ExactCall<T>* call_;
  ExactRange range_;
  const AttentionSequence* sequence_ = nullptr;
  Index key_head_ = 0;
  Index first_ = 0;
  Index count_ = 0;
  Matrix<U> keys_;
  Matrix<U> packed_;
  Matrix<U> values_;
  Matrix<U> bias_;
  Matrix<T> buffer_;
  std::vector<Index> poisoned_;
};

/// Up to 64 queries of one head.
template <Scalar T, Scalar U>
class ExactQueries {
 public:
  ExactQueries(const ExactCall<T>& call, ExactRange range);

  void load(const AttentionSequence& sequence, Index head, Index first, Index count);

  Index count() const noexcept { return count_; }
  /// count x d, transformed; in the wide range as they are.
  const Matrix<U>& queries() const noexcept { return queries_; }
  /// The origins of wide rows, see `log_similarities`.
  const Matrix<double>& origins() const noexcept { return origin_; }
  /// The first and the last live key that any of the rows may see by position (end exclusive).
  Index begin() const;
  Index end() const;
  /// Base-2 logits against a tile of keys, -infinity where masked among the first seen()[r] keys.
  /// False when no row sees any of them by position.
  bool score(const ExactKeys<T, U>& keys, Matrix<U>& logits);
  const std::array<std::int32_t, simd::kBlockRows>& seen() const noexcept { return seen_; }
  /// Whole panels of keys at the beginning of the tile that all rows have behind them: -infinity.
  Index skipped() const noexcept { return skipped_; }
  /// What the logits of row r lack: log2 of the kernel (times e^bias) is logit + this.
  double log_constant(Index r) const;

 private:
  /// Of row r: the query itself for Gaussian kernels, the first key that it sees for softmax ones.
  void find_origin(Index r);
  void multiply(const ExactKeys<T, U>& keys, Index most, Matrix<U>& logits) const;
  void add_bias(const ExactKeys<T, U>& keys, Matrix<U>& logits) const;
  KeyFactors factors() const;
  void add_factors(const ExactKeys<T, U>& keys, Matrix<U>& logits) const;
  void apply_masks(const ExactKeys<T, U>& keys, Matrix<U>& logits) const;

  const ExactCall<T>* call_;
  ExactRange range_;
  const AttentionSequence* sequence_ = nullptr;
  Index head_ = 0;
  Index first_ = 0;
  Index count_ = 0;
  Matrix<U> queries_;
  Matrix<double> origin_;
  std::array<double, simd::kBlockRows> top_bias_{};  ///< of wide rows, subtracted first
  /// With factors, the row in memory of the last key that a row may see: they start there.
  std::array<Index, simd::kBlockRows> last_key_{};
  std::array<std::int32_t, simd::kBlockRows> seen_{};
  Index skipped_ = 0;
};

}  // namespace bochner::attention_internals
