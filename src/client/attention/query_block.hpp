// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/attention.hpp"
#include "client/attention/key_block.hpp"
#include "client/attention/prefix_state.hpp"
#include "client/attention/reduced_products.hpp"

#include <optional>
#include <span>

/// \file
/// Up to 64 queries and what they collect: numerators and normalisers.

namespace bochner::attention_internals {

/// A block of keys as queries use it: its weights packed for products against a state's exponents.
template <Scalar T>
class PackedKeys {
 public:
  explicit PackedKeys(const BlockMap<T>& map);

  /// Packs the keys of `block` from `first` on, behind those packed before, with weights relative
  /// to `state`.
  void pack(const KeyBlock<T>& block, const PrefixView<T>& state, Index first = 0);

  const T* weights() const noexcept { return packed_.data(); }

 private:
  Matrix<T> packed_;  ///< D x 64, in panels
  Matrix<T> scale_;   ///< 1 x D
};

template <Scalar T>
class QueryBlock {
 public:
  QueryBlock(const BlockMap<T>& map, Index value_dim, Products products = Products::full);

  /// Weighs queries (at most 64 rows) against exponents; sums start from zero. Throws as
  /// `KeyBlock::load`.
  void load(MatrixView<const T> queries, const std::int32_t* exponent, const RowOrigin& origin);
  /// Announces the state of the calls of `collect` that follow; once for all of them.
  void prepare(const PrefixView<T>& state);
  /// numerator = phi(q) S and normaliser = phi(q) z, S and z relative to the exponents of `load`.
  void collect(const PrefixView<T>& state);
  /// The normaliser of that alone.
  void collect_mass(const PrefixView<T>& state);
  /// Scores the first count[r] keys of the block, packed, for row r, and adds them to the
  /// normaliser; count does not decrease.
  void score(const KeyBlock<T>& block, const PackedKeys<T>& packed,
             std::span<const std::int32_t> count);
  /// Scores, and adds the values of these keys as well.
  void collect(const KeyBlock<T>& block, const PackedKeys<T>& packed,
               std::span<const std::int32_t> count);
  /// out = numerator / normaliser, and what became of the rows.
  void finish(MatrixView<T> out, AttentionReport& report) const;

  /// For a row that other sums belong to as well.
  void set_normaliser(Index r, T normaliser) {
    normaliser_[static_cast<std::size_t>(r)] = normaliser;
  }

  Index rows() const noexcept { return rows_; }
  Index value_dim() const noexcept { return value_dim_; }
  /// Sums of row r are relative to 2^unit(r): sum_k k^(q_r, k) is its normaliser times that. NaN
  /// for a row that holds a NaN or an infinity.
  double unit(Index r) const noexcept { return unit_[static_cast<std::size_t>(r)]; }
  const Matrix<T>& weights() const noexcept { return weights_; }
  const Matrix<T>& scores() const noexcept { return scores_; }
  const Matrix<T>& numerator() const noexcept { return numerator_; }
  const std::array<T, simd::kBlockRows>& normaliser() const noexcept { return normaliser_; }

 private:
  const BlockMap<T>* map_;
  Index value_dim_;
  Index rows_ = 0;
  Matrix<T> weights_;    ///< rows x D
  Matrix<T> numerator_;  ///< rows x d_v
  Matrix<T> part_;       ///< rows x d_v
  Matrix<T> scores_;     ///< rows x 64
  std::array<T, simd::kBlockRows> normaliser_{};
  std::array<T, simd::kBlockRows> normaliser_part_{};
  std::array<double, simd::kBlockRows> unit_{};
  std::array<std::int32_t, simd::kBlockRows> exponent_{};
  feature_map::BlockWorkspace<T> workspace_;
  std::optional<ReducedProducts> reduced_;
};

/// Writes zeros for rows that see no key.
template <Scalar T>
void finish_empty(MatrixView<T> out, AttentionReport& report);

}  // namespace bochner::attention_internals
