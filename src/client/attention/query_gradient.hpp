// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/query_block.hpp"

namespace bochner::attention_internals {

/// a^T packed, so that block . a^T is one product.
template <Scalar T>
class PackedTranspose {
 public:
  PackedTranspose(Index rows, Index cols) : packed_(cols, simd::padded<T>(rows)) {}
  void pack(const T* a, Index ld, Index rows) {
    rows_ = rows;
    simd::kernels<T>().pack_transposed(a, ld, rows, packed_.rows(), nullptr, packed_.data());
  }
  /// out (count x rows of a) = block (count x cols of a) . a^T
  void multiply(const Matrix<T>& block, Index count, Matrix<T>& out) const {
    simd::kernels<T>().project(block.data(), block.cols(), count, packed_.data(), packed_.rows(),
                               rows_, out.data(), out.cols());
  }

 private:
  Index rows_ = 0;
  Matrix<T> packed_;
};

/// A block of queries in the backward pass: from gradients of outputs to those of weights and of
/// the queries themselves. Notation as in `GradientSums`.
template <Scalar T>
class QueryGradient {
 public:
  QueryGradient(const BlockMap<T>& map, Index value_dim);

  /// Weighs the queries; `queries()` then collects their normalisers.
  void load(MatrixView<const T> queries, const std::int32_t* exponent, const RowOrigin& origin);
  QueryBlock<T>& queries() noexcept { return queries_; }
  const QueryBlock<T>& queries() const noexcept { return queries_; }

  /// G and g from outputs, their gradients and the normalisers.
  void normalise(MatrixView<const T> out, MatrixView<const T> out_gradient);
  const Matrix<T>& g_values() const noexcept { return g_values_; }
  const T* g_mass() const noexcept { return g_mass_.data(); }

  /// Gradients of the weights from a state: G S^T + g z^T.
  void from_state(const PackedTranspose<T>& values, const T* mass);
  /// Leaves in `pairs` the gradients of the scores of the first count[r] keys of a block, G v^T + g
  /// unit^T, zero from count[r] on.
  void pair_with(const KeyBlock<T>& keys, const PackedTranspose<T>& values,
                 std::span<const std::int32_t> count);
  /// Adds to the gradients of the weights those from these pairs.
  void from_pairs(const KeyBlock<T>& keys, std::span<const std::int32_t> count);
  const Matrix<T>& pairs() const noexcept { return pairs_; }

  /// Adds the gradients of the queries.
  void finish(MatrixView<T> gradient);

 private:
  const BlockMap<T>* map_;
  Index value_dim_;
  MatrixView<const T> rows_;
  QueryBlock<T> queries_;
  Matrix<T> g_values_;  ///< rows x d_v
  std::array<T, simd::kBlockRows> g_mass_{};
  Matrix<T> gradient_;        ///< rows x D
  Matrix<T> part_;            ///< rows x D
  Matrix<T> pairs_;           ///< rows x 64
  Matrix<T> query_gradient_;  ///< rows x d
  feature_map::BlockWorkspace<T> workspace_;
};

/// Gradients of features or of base-2 log-features, whichever the map's pullback takes: the latter
/// are ln 2 weight times gradient of weight, in place.
template <Scalar T>
void pull_weights(const BlockMap<T>& map, Side side, MatrixView<const T> x,
                  const Matrix<T>& weights, Matrix<T>& gradient, MatrixView<T> dx,
                  feature_map::BlockWorkspace<T>& workspace);

}  // namespace bochner::attention_internals
