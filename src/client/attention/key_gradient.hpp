// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/call.hpp"
#include "client/attention/checks.hpp"
#include "client/attention/gradient_sums.hpp"
#include "client/attention/query_gradient.hpp"

namespace bochner::attention_internals {

/// A block of keys in the backward pass, for the gradients that are wanted. The caller weighs the
/// keys, against the exponents of the queries that see them.
template <Scalar T>
class KeyGradient {
 public:
  KeyGradient(const AttentionCall<T>& call, const AttentionGradients<T>& gradients);

  /// Gradients from all queries of the sums: of weights v T^T + unit t^T, of values phi T; T packed
  /// as well.
  void from_state(const KeyBlock<T>& keys, const Matrix<T>& values, const T* mass,
                  const PackedTranspose<T>& packed);
  /// Adds the gradients from a block of queries that were scored against these keys.
  void from_queries(const KeyBlock<T>& keys, const QueryGradient<T>& queries,
                    std::span<const std::int32_t> count);
  /// Adds the gradients of the live keys first ... of a head group, of their factors and their
  /// values.
  void finish(const KeyBlock<T>& keys, const HeadGroup& group, Index first);

 private:
  bool of_weights() const { return wanted(gradients_.keys) || wanted(gradients_.gates); }

  const AttentionCall<T>& call_;
  const AttentionGradients<T>& gradients_;
  KeyLoader<T> loader_;
  Matrix<T> gradient_;        ///< of weights, rows x D
  Matrix<T> value_gradient_;  ///< rows x d_v
  Matrix<T> scores_;          ///< rows x 64, masked
  Matrix<T> key_gradient_;    ///< rows x d
  feature_map::BlockWorkspace<T> workspace_;
};

}  // namespace bochner::attention_internals
