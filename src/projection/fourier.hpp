// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <vector>

/// \file
/// Fourier transforms of many rows at once.

namespace bochner::projections {

/// X_k = sum_n x_n e^(-2 pi i k n / N) for powers of two N up to a largest one, each row of a block
/// in a lane of its own: element n of row r is re[n * kBlockRows + r], im[the same].
template <Scalar T>
class FourierTransform {
 public:
  explicit FourierTransform(Index largest);

  /// In place; element n of the input stands at place `reversed(n, size)`, the output in order.
  void transform(T* re, T* im, Index size, Index rows) const noexcept;

  /// n with its log2(size) bits in reverse order.
  static Index reversed(Index n, Index size) noexcept;

 private:
  Index largest_;
  std::vector<T> cosine_;  ///< of 2 pi k / largest, k < largest / 2
  std::vector<T> sine_;
};

}  // namespace bochner::projections
