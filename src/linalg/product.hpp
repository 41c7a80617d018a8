// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <algorithm>

/// \file
/// The one matrix product of tier A.

namespace bochner::linalg {

/// out += a b, each entry one chain of sums over k ascending, begun with what `out` holds, without
/// fused operations: the same bits from any compiler and instruction set, whatever the shapes of
/// the rest. Columns of b and out are contiguous; a has any strides, so a transpose costs nothing.
inline void add_product(MatrixView<const double> a, MatrixView<const double> b,
                        MatrixView<double> out) noexcept {
  // kDepth rows of kWidth columns of b stay in the first-level cache while all rows of `out` pass;
  // four terms a pass over a row of `out` halve its traffic without a change of order.
  constexpr Index kDepth = 32;
  constexpr Index kWidth = 64;
  double sum[kWidth];
  for (Index j = 0; j < out.cols; j += kWidth) {
    const Index width = std::min(kWidth, out.cols - j);
    for (Index k_begin = 0; k_begin < a.cols; k_begin += kDepth) {
      const Index k_end = std::min(k_begin + kDepth, a.cols);
      for (Index i = 0; i < out.rows; ++i) {
        double* const target = out.row(i) + j;
        std::copy_n(target, width, sum);
        Index k = k_begin;
        for (; k + 4 <= k_end; k += 4) {
          const double a0 = a(i, k), a1 = a(i, k + 1), a2 = a(i, k + 2), a3 = a(i, k + 3);
          const double* const b0 = b.row(k) + j;
          const double* const b1 = b.row(k + 1) + j;
          const double* const b2 = b.row(k + 2) + j;
          const double* const b3 = b.row(k + 3) + j;
          for (Index l = 0; l < width; ++l) {
            sum[l] = sum[l] + a0 * b0[l] + a1 * b1[l] + a2 * b2[l] + a3 * b3[l];
          }
        }
        for (; k < k_end; ++k) {
          const double a0 = a(i, k);
          const double* const b0 = b.row(k) + j;
          for (Index l = 0; l < width; ++l) sum[l] += a0 * b0[l];
        }
        std::copy_n(sum, width, target);
      }
    }
  }
}

}  // namespace bochner::linalg
