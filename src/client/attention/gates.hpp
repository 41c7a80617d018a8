// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/problem.hpp"

#include <cmath>
#include <span>
#include <vector>

/// \file
/// Gates: factors of single positions. Products of them are sums of logarithms, which keys carry
/// (`KeyFactors`); at a gate of 0 a new sequence begins.

namespace bochner::attention_internals {

/// Sums beyond this are refused, so that those of exponents of features and decay fit.
inline constexpr double kLargestGateSum = 0x1p26;

/// What a stream remembers of its gates.
struct GateSum {
  double sum = 0.0;     ///< minus that of log2 of those since the last 0
  bool forgot = false;  ///< whether one was 0

  /// After one more gate.
  void take(double gate) {
    sum = gate == 0.0 ? 0.0 : sum - std::log2(gate);
    forgot = forgot || gate == 0.0;
  }
  /// What the sums of `next` lack when it comes after this.
  double added_to(const GateSum& next) const { return next.forgot ? 0.0 : sum; }
  /// After those of `next`.
  void join(const GateSum& next) {
    sum = added_to(next) + next.sum;
    forgot = forgot || next.forgot;
  }
};

/// Throws InvalidArgument unless gates, if there are any, are batch x key_heads x keys.
void require_gates(const Door& door, const TensorView<const double, 3>& gates, Index batch,
                   Index key_heads, Index keys);

/// Takes in the gate at (batch, key_head, row); throws InvalidArgument unless it is in [0, 1] and
/// the sum in range.
void take_gate(const Door& door, const TensorView<const double, 3>& gates, Index batch,
               Index key_head, Index row, GateSum& sum);

/// Puts gates into a problem of causal sequences: their sums, and cuts at those that are 0. Throws
/// InvalidArgument as `take_gate`.
void apply_gates(const Door& door, const TensorView<const double, 3>& gates,
                 AttentionProblem& problem);

/// The sequence as several, each with the queries whose last live key is one of its own: one
/// begins at each of the live keys `starts`, ascending, and one at the first. Those without queries
/// are left out.
std::vector<AttentionSequence> cut_at(const AttentionSequence& sequence,
                                      std::span<const Index> starts);

/// Gradients with respect to gates, from those with respect to `KeyFactors::at` (times ln 2) of
/// each key, in their place: the factors of all keys from t on carry 1 / g_t.
void factor_to_gate_gradients(const AttentionProblem& problem,
                              const TensorView<const double, 3>& gates,
                              const TensorView<double, 3>& gradients);

/// `count` key heads of gates or their gradients; nothing of nothing.
template <class T>
TensorView<T, 3> gates_of_key_heads(TensorView<T, 3> gates, Index first, Index count) {
  if (gates.data != nullptr) gates.data += first * gates.stride(1);
  gates.extents[1] = count;
  return gates;
}

/// The entry at (batch, key_head, row).
template <class T>
T& gate_at(const TensorView<T, 3>& gates, Index batch, Index key_head, Index row) {
  return gates.data[batch * gates.stride(0) + key_head * gates.stride(1) + row * gates.stride(2)];
}

}  // namespace bochner::attention_internals
