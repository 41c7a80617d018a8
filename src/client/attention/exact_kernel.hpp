// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/feature_map.hpp"
#include "bochner/kernel/kernel.hpp"
#include "core/door.hpp"
#include "kernel/standard_form.hpp"
#include "simd/engine.hpp"

#include <array>
#include <span>
#include <vector>

/// \file
/// Logits of exact attention, from rows.

namespace bochner::attention_internals {

/// How the logits of a row are computed.
enum class ExactRange {
  ordinary,    ///< in the scalar, by one product, in base 2
  wide,        ///< in double, from differences taken first, in base e until biases are added
  wide_scaled  ///< the same, values times `value_scale`, since sums of them could overflow double
};

inline bool is_wide(ExactRange range) { return range != ExactRange::ordinary; }

/// The power of two that values of rows of this range are multiplied by; outputs are divided by it.
/// Sums of 2^31 values stay finite, and no output loses more than the least normal number.
inline double value_scale(ExactRange range) {
  return range == ExactRange::wide_scaled ? 0x1p-32 : 1.0;
}

/// Throws InvalidArgument unless the kernel is softmax or Gaussian.
void require_normal_kernel(const Door& door, const Kernel& kernel);

/// log k(q, k), up to terms that depend on the query only: Aq.Ak for softmax kernels; for Gaussian
/// ones A(q - c).A(k - c) + key_weight |A(k - c)|^2 with an origin c that all rows share. Wide rows
/// are computed from differences that have no origin in common, see `log_similarities`.
class ExactKernel {
 public:
  /// Throws InvalidArgument unless the kernel is softmax or Gaussian.
  ExactKernel(const Door& door, const Kernel& kernel, Index dim);

  /// The two factors of a product that is a logit in base 2 (queries carry the factor log2(e)), of
  /// ordinary rows: blocks with padded rows.
  template <Scalar T, Scalar U>
  void transform(Side side, const double* origin, MatrixView<const T> x, Matrix<U>& out) const;
  /// dx = A^T dy, dy being a gradient with respect to A x; in the wide range, where dy is a sum of
  /// differences of rows as they are, A^T A dy.
  template <Scalar T, Scalar U>
  void transform_gradient(ExactRange range, const Matrix<U>& dy, MatrixView<T> dx) const;

  /// For `count` keys that are packed as `pack_transposed` does, and an origin that only this query
  /// has: out_j = Aq.A(k_j - origin), for Gaussian kernels -|A(k_j - origin)|^2 / 2, that being q.
  void log_similarities(const double* query, const double* origin, const double* packed,
                        Index count, double* out) const;

  /// Of softmax kernels: Aq.Ak.
  double log_similarity(const double* query, const double* key) const;

  bool shift_invariant() const noexcept { return shift_invariant_; }
  /// In base 2.
  double key_weight() const noexcept { return key_weight_; }
  const InputTransform& transform() const noexcept { return transform_; }

 private:
  InputTransform transform_;
  bool shift_invariant_;
  double key_weight_;
};

/// Lengths of rows, a block at a time: |A x|, or |A(x - origin)| for kernels that do not see
/// shifts.
template <Scalar T>
class RowLengths {
 public:
  /// Both must outlive it.
  RowLengths(const ExactKernel& kernel, const std::vector<double>& origin);

  /// Of at most kBlockRows rows, until the next call; NaN for a row that is not finite. Does not
  /// overflow before a length itself does.
  std::span<const double> operator()(MatrixView<const T> rows);

 private:
  double of_row(const T* x, Index stride);

  const ExactKernel& kernel_;
  const std::vector<double>& origin_;
  bool in_scalar_ = false;  ///< A is diagonal, and the origin is one of T
  std::vector<T> centre_;
  std::vector<T> scale_;
  Matrix<T> block_;
  std::vector<double> raw_;
  std::vector<double> transformed_;
  std::array<double, simd::kBlockRows> lengths_{};
};

}  // namespace bochner::attention_internals
