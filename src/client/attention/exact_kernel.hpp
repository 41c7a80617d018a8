// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/feature_map.hpp"
#include "bochner/kernel/kernel.hpp"
#include "core/door.hpp"
#include "kernel/standard_form.hpp"

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

/// Lengths of rows, one after the other.
class RowLength {
 public:
  explicit RowLength(const ExactKernel& kernel);
  /// |A x|, or |A(x - origin)| for kernels that do not see shifts; NaN for a row that is not
  /// finite. Does not overflow before the length itself does.
  template <Scalar T>
  double operator()(const T* x, Index stride, const double* origin);

 private:
  const ExactKernel& kernel_;
  std::vector<double> raw_;
  std::vector<double> transformed_;
};

}  // namespace bochner::attention_internals
