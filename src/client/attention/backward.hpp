// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/key_gradient.hpp"
#include "client/attention/row_totals.hpp"

/// \file
/// Gradients of attention, for the two masks.

namespace bochner::attention_internals {

/// What the backward passes take.
template <Scalar T>
struct BackwardCall {
  const AttentionCall<T>& forward;
  const TensorView<const T, 4>& out;
  const TensorView<const T, 4>& out_gradient;
  const AttentionGradients<T>& gradients;
  const RowTotals<T>* totals = nullptr;  ///< of rows that other passes belong to, too

  bool of_queries() const { return wanted(gradients.queries); }
  /// Whether gradients of the weights of keys are needed, which those of gates are made of, too.
  bool of_keys() const { return wanted(gradients.keys) || wanted(gradients.gates); }
  /// Whether sums over queries are needed.
  bool of_keys_or_values() const { return of_keys() || wanted(gradients.values); }
};

/// Zeros: what the passes below add to. In the gradients of gates they leave those with respect to
/// the factors of keys (`factor_to_gate_gradients`).
template <Scalar T>
void clear_gradients(const AttentionGradients<T>& gradients);

template <Scalar T>
void bidirectional_gradient(const BackwardCall<T>& call);
template <Scalar T>
void causal_gradient(const BackwardCall<T>& call);

}  // namespace bochner::attention_internals
