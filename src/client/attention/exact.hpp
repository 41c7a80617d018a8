// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention_exact.hpp"
#include "client/attention/problem.hpp"
#include "kernel/standard_form.hpp"
#include "simd/engine.hpp"

#include <array>
#include <vector>

/// \file
/// Exact weights by tiles: what the forward and backward passes of exact attention share.

namespace bochner {

/// Keys of a tile.
inline constexpr Index kExactKeys = 256;

/// Logits in base 2: log2 k(q_i, k_j) = (log2(e) A q_i).(A k_j) + key_weight |A k_j|^2, up to terms
/// that depend on the query only.
class ExactKernel {
 public:
  /// Throws InvalidArgument unless the kernel is softmax or Gaussian.
  ExactKernel(const std::string& function, const Kernel& kernel, Index dim);

  /// out = log2(e) A x for queries, A x for keys: blocks with padded rows.
  template <Scalar T>
  void transform(Side side, MatrixView<const T> x, Matrix<T>& out) const;
  /// dx = A^T dy, dy being a gradient with respect to A x.
  template <Scalar T>
  void transform_gradient(const Matrix<T>& dy, MatrixView<T> dx) const;
  double key_weight() const noexcept { return key_weight_; }

 private:
  InputTransform transform_;
  double key_weight_;
};

/// A checked call to exact attention.
template <Scalar T>
struct ExactCall {
  ExactKernel kernel;
  const AttentionInputs<T>& inputs;
  const AttentionOptions& options;
  TensorView<const T, 4> bias;
  AttentionProblem problem;
};

/// Throws InvalidArgument when the call does not fit.
template <Scalar T>
ExactCall<T> exact_call(const std::string& function, const Kernel& kernel,
                        const AttentionInputs<T>& inputs, const AttentionOptions& options,
                        TensorView<const T, 4> bias);

/// Up to kExactKeys keys of a head with their values, ready for products.
template <Scalar T>
class ExactKeys {
 public:
  explicit ExactKeys(const ExactCall<T>& call);

  /// Live keys first .. first + count - 1 of one key head.
  void load(const AttentionSequence& sequence, Index key_head, Index first, Index count);

  Index first() const noexcept { return first_; }
  Index count() const noexcept { return count_; }
  const Matrix<T>& keys() const noexcept { return keys_; }      ///< count x d, transformed
  const T* packed() const noexcept { return packed_.data(); }   ///< the same for `project`
  const Matrix<T>& values() const noexcept { return values_; }  ///< count x d_v, infinite ones 0
  const T* bias() const noexcept { return bias_.data(); }       ///< key_weight |A k|^2
  /// Keys whose values are not all finite, and those values as they are.
  const std::vector<Index>& poisoned() const noexcept { return poisoned_; }
  T value(Index key, Index column) const;

 private:
  const ExactCall<T>* call_;
  const AttentionSequence* sequence_ = nullptr;
  Index key_head_ = 0;
  Index first_ = 0;
  Index count_ = 0;
  Matrix<T> keys_;
  Matrix<T> packed_;
  Matrix<T> values_;
  Matrix<T> bias_;
  Matrix<T> buffer_;
  std::vector<Index> poisoned_;
};

/// Up to 64 queries of one head.
template <Scalar T>
class ExactQueries {
 public:
  explicit ExactQueries(const ExactCall<T>& call);

  void load(const AttentionSequence& sequence, Index head, Index first, Index count);
  Index count() const noexcept { return count_; }
  const Matrix<T>& queries() const noexcept { return queries_; }  ///< count x d, transformed

  /// The first and the last live key that any of the rows may see by position (end exclusive).
  Index begin() const;
  Index end() const;
  /// Base-2 logits against a tile of keys, -infinity where masked among the first seen()[r] keys.
  /// False when no row sees any of them by position.
  bool score(const ExactKeys<T>& keys, Matrix<T>& logits);
  const std::array<std::int32_t, simd::kBlockRows>& seen() const noexcept { return seen_; }

 private:
  void apply_bias(const ExactKeys<T>& keys, Matrix<T>& logits) const;
  void apply_masks(const ExactKeys<T>& keys, Matrix<T>& logits) const;

  const ExactCall<T>* call_;
  const AttentionSequence* sequence_ = nullptr;
  Index head_ = 0;
  Index first_ = 0;
  Index count_ = 0;
  Matrix<T> queries_;
  std::array<std::int32_t, simd::kBlockRows> seen_{};
};

}  // namespace bochner
