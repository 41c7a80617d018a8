// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/key_block.hpp"

/// \file
/// Sums over queries that the gradients of keys and values are made of.

namespace bochner::attention_internals {

/// With G_i = dL/do_i / D_i and g_i = -(dL/do_i . o_i) / D_i, D_i the normaliser of query i:
/// values_jc = sum_i weight_ij G_ic and mass_j = sum_i weight_ij g_i, in the scalar type.
template <Scalar T>
struct GradientSums {
  GradientSums(const BlockMap<T>& map, Index value_dim);

  void clear();
  /// Adds a block of queries (rows x D weights).
  void add(const Matrix<T>& weights, Index rows, const Matrix<T>& g_values, const T* g_mass);

  Index num_features;
  Index value_dim;
  Matrix<T> values;  ///< D x d_v
  Matrix<T> mass;    ///< 1 x D

 private:
  Matrix<T> mass_part_;
};

/// The same over all queries so far, compensated. Sums of queries weighed against exponents c grow
/// with them: keys weighed against smaller exponents need smaller sums.
template <Scalar T>
class GradientState {
 public:
  GradientState(const BlockMap<T>& map, Index value_dim);

  /// Moves to exponents that are nowhere above the present ones; the first call sets them.
  void lower(const Exponents& exponents);
  void add(const GradientSums<T>& sums);
  /// Adds sums of queries weighed against other exponents than those of the state, which are set.
  void add(const GradientSums<T>& sums, const Exponents& exponents);

  const Matrix<T>& values() const noexcept { return values_; }
  const Matrix<T>& mass() const noexcept { return mass_; }

 private:
  /// Adds scales_j values_j, and masses that are scaled already.
  void add(const Matrix<T>& values, const Matrix<T>& scales, const Matrix<T>& scaled_mass);

  Index value_dim_;
  Matrix<T> values_;
  Matrix<T> values_rest_;
  Matrix<T> mass_;
  Matrix<T> mass_rest_;
  Matrix<T> ones_;
  Matrix<T> scales_;     ///< 1 x D
  Matrix<T> mass_part_;  ///< 1 x D
  Exponents exponent_;
};

}  // namespace bochner::attention_internals
