// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "client/attention/far_rows.hpp"
#include "client/attention/rows.hpp"
#include "client/attention/weights.hpp"
#include "feature_map/block.hpp"

#include <array>
#include <span>
#include <vector>

/// \file
/// Up to 64 keys and their values, as weights relative to reference exponents.

namespace bochner::attention_internals {

/// Reference exponents, one per feature.
using Exponents = std::vector<std::int32_t>;

/// exponents = the larger of the two, feature by feature.
void raise_to(const Exponents& floor, Exponents& exponents);

/// What is summed, for each key r of a block: weight_rj = phi_rj 2^-reference_j for exponential
/// maps; for others the features as they come, with 2^(exponent_r - reference) multiplied into the
/// values and into the `unit` that stands for the column of ones.
template <Scalar T>
class KeyBlock {
 public:
  KeyBlock(const BlockMap<T>& map, Index value_dim);

  void clear() noexcept { rows_ = summed_ = 0; }
  /// Maps keys and copies their values, behind those already there (at most 64 in all). Throws
  /// InvalidArgument when a finite row is too long.
  /// Weights are multiplied by 2^log2_factor[r], if there are factors.
  void load(MatrixView<const T> keys, MatrixView<const T> values,
            std::span<const double> log2_factor, const RowOrigin& origin,
            feature_map::BlockWorkspace<T>& workspace);

  Index rows() const noexcept { return rows_; }
  const Exponents& reference() const noexcept { return reference_; }
  /// Exponents at which key `row` would weigh about 1 in every feature. Before `weigh` only.
  void exponents_of(Index row, Exponents& out) const;
  /// The least exponents at or over those of all keys. Before `weigh` only.
  void top_exponents(Exponents& out) const;

  /// Turns what `load` left in the rows from `first` on into weights relative to `reference`,
  /// which is that of the rows before them.
  void weigh(const Exponents& reference, Index first = 0);
  /// The first key from `first` on that weighs more than 2^kHeadroom in some feature, rows() where
  /// there is none. Each key is judged by itself.
  Index first_over(Index first) const;
  /// Forgets all but the first `count` keys.
  void truncate(Index count) noexcept {
    rows_ = count;
    summed_ = 0;
  }
  /// Sums the mass of all rows, unless `weigh` has done so.
  void sum_mass();
  /// Whether that mass is known and is proof enough that no key is over.
  bool mass_in_range() const;

  const Matrix<T>& weight_matrix() const noexcept { return weights_; }
  const T* weights() const noexcept { return weights_.data(); }
  const T* row(Index r) const noexcept { return weights_.row(r); }
  const Matrix<T>& values() const noexcept { return values_; }
  const std::array<T, simd::kBlockRows>& unit() const noexcept { return unit_; }
  /// mass_j = sum_r weight_rj unit_r, of the rows there were at the last `sum_mass`.
  const Matrix<T>& mass() const noexcept { return mass_; }
  /// Calls visit(name, array, count) for each array that the rows are made of; what is visited may
  /// be overwritten.
  template <class Visit>
  void for_each_array(const Visit& visit) {
    visit("open_weights", weights_.data(), weights_.size());
    visit("open_values", values_.data(), values_.size());
    visit("open_unit", unit_.data(), simd::kBlockRows);
    visit("open_exponent", exponent_.data(), simd::kBlockRows);
    visit("open_reference", reference_.data(), static_cast<Index>(reference_.size()));
  }
  /// For maps that are not exponential: the largest exponent of a key.
  std::int32_t top() const;

 private:
  const BlockMap<T>* map_;
  Index value_dim_;
  Index rows_ = 0;
  Index summed_ = 0;   ///< how many of them are in the mass
  Matrix<T> weights_;  ///< rows x D
  Matrix<T> values_;   ///< rows x d_v
  Matrix<T> mass_;     ///< 1 x D
  std::array<T, simd::kBlockRows> unit_{};
  std::array<double, simd::kBlockRows> offset_{};
  std::array<std::int32_t, simd::kBlockRows> exponent_{};
  std::array<T, simd::kBlockRows> factor_{};  ///< of maps that are not exponential, in [1, 2)
  FarRows far_{};
  Exponents reference_;
  simd::Ahead ahead_;  ///< what `weigh` may prefetch
};

}  // namespace bochner::attention_internals
