// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/key_sums.hpp"

#include <algorithm>

/// \file
/// The sums over all keys so far: what attention remembers.

namespace bochner::attention_internals {

/// The state as a query uses it.
template <Scalar T>
struct PrefixView {
  const T* values;  ///< D x d_v, leading dimension `ld`
  Index ld;
  const T* mass;  ///< D
  const std::int32_t* exponent;
};

/// S_j = sum_k phi_kj v_k and z_j = sum_k phi_kj as 2^exponent_j (sum + rest)_j: compensated, so
/// that the number of keys does not show. A monoid: `add` a block of sums, `merge` another state.
template <Scalar T>
class PrefixState {
 public:
  PrefixState(Index num_features, Index value_dim);

  /// Makes every exponent at least reference_j - kSlack, so that keys weighed against `reference`
  /// weigh at most 2^(kHeadroom + kSlack) against this state; a feature without mass takes the
  /// reference for its exponent.
  void raise(const Exponents& reference);
  void add(const KeySums<T>& sums);
  /// Multiplies everything by 2^log2_factor, not negative.
  void scale(double log2_factor);
  void merge(const PrefixState& other);

  PrefixView<T> view() const noexcept {
    return {values_.data(), values_.cols(), mass_.data(), exponent_.data()};
  }
  /// Whether no key has touched any feature.
  bool empty() const noexcept {
    return std::all_of(exponent_.begin(), exponent_.end(),
                       [](std::int32_t e) { return e == kNoMass; });
  }
  const Exponents& exponents() const noexcept { return exponent_; }
  Index num_features() const noexcept { return static_cast<Index>(exponent_.size()); }
  Index value_dim() const noexcept { return value_dim_; }

  /// Calls visit(name, array, count) for each array of the state; what is visited may be
  /// overwritten.
  template <class Visit>
  void for_each_array(const Visit& visit) {
    visit("values", values_.data(), values_.size());
    visit("values_rest", values_rest_.data(), values_rest_.size());
    visit("mass", mass_.data(), mass_.size());
    visit("mass_rest", mass_rest_.data(), mass_rest_.size());
    visit("exponent", exponent_.data(), static_cast<Index>(exponent_.size()));
  }

 private:
  /// (values, mass) += the others 2^(exponent of theirs - exponent of ours), after raising ours to
  /// within kSlack of `tops`.
  void add(const Matrix<T>& values, const Matrix<T>& mass, const Exponents& reference,
           const Exponents& tops);

  Index value_dim_;
  Matrix<T> values_;  ///< D x d_v
  Matrix<T> values_rest_;
  Matrix<T> mass_;  ///< 1 x D
  Matrix<T> mass_rest_;
  Exponents exponent_;
  Matrix<T> scales_;  ///< 2 x D: of this state and of what is added
};

}  // namespace bochner::attention_internals
