// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/key_block.hpp"
#include "client/attention/reduced_products.hpp"

#include <optional>

/// \file
/// Sums of phi(k)^T v over a few blocks of keys, in the scalar type.

namespace bochner::attention_internals {

/// values_jc = sum_r weight_rj v_rc and mass_j = sum_r weight_rj relative to one reference.
template <Scalar T>
class KeySums {
 public:
  KeySums(const BlockMap<T>& map, Index value_dim, Products products = Products::full);

  /// Starts again from zero, with this reference.
  void reset(const Exponents& reference);
  /// Adds a block weighed against this very reference, its mass summed; blocks in order of keys.
  void add(const KeyBlock<T>& block);
  /// Moves to exponents at or over the present ones.
  void raise(const Exponents& reference);

  const Exponents& reference() const noexcept { return reference_; }
  const Matrix<T>& values() const noexcept { return values_; }
  const Matrix<T>& mass() const noexcept { return mass_; }
  /// Exponents of about the largest terms.
  void top_exponents(Exponents& out) const;

 private:
  bool exponential_;
  Index num_features_;
  Index value_dim_;
  Matrix<T> values_;  ///< D x d_v
  Matrix<T> mass_;    ///< 1 x D
  std::int32_t top_ = kNoMass;
  Exponents reference_;
  std::optional<ReducedProducts> reduced_;
};

}  // namespace bochner::attention_internals
