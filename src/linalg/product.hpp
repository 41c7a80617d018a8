// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <algorithm>

/// \file
/// The one matrix product of tier A.

namespace bochner::linalg {

namespace detail {

/// Columns of a stripe, in which sums stay in the first-level cache.
inline constexpr Index kStripe = 64;

/// sum[row][l] += sum_k a(row, k) b(k, l) for two rows at once, k ascending. Four terms a pass
/// halve the traffic of `sum` without a change of order.
inline void add_two_rows(MatrixView<const double> a, MatrixView<const double> b,
                         double (&sum)[2][kStripe]) noexcept {
  Index k = 0;
  for (; k + 4 <= a.cols; k += 4) {
    const double a00 = a(0, k), a01 = a(0, k + 1), a02 = a(0, k + 2), a03 = a(0, k + 3);
    const double a10 = a(1, k), a11 = a(1, k + 1), a12 = a(1, k + 2), a13 = a(1, k + 3);
    const double* const b0 = b.row(k);
    const double* const b1 = b.row(k + 1);
    const double* const b2 = b.row(k + 2);
    const double* const b3 = b.row(k + 3);
    for (Index l = 0; l < b.cols; ++l) {
      sum[0][l] = sum[0][l] + a00 * b0[l] + a01 * b1[l] + a02 * b2[l] + a03 * b3[l];
      sum[1][l] = sum[1][l] + a10 * b0[l] + a11 * b1[l] + a12 * b2[l] + a13 * b3[l];
    }
  }
  for (; k < a.cols; ++k) {
    const double a0 = a(0, k), a1 = a(1, k);
    const double* const b0 = b.row(k);
    for (Index l = 0; l < b.cols; ++l) {
      sum[0][l] += a0 * b0[l];
      sum[1][l] += a1 * b0[l];
    }
  }
}

}  // namespace detail

/// out += a b, each entry one chain of sums over k ascending, starting from what `out` holds,
/// without fused operations: the same bits from any compiler and instruction set, whatever the
/// shapes of the rest. Columns of b and out are contiguous; a has any strides, so a transpose costs
/// nothing.
inline void add_product(MatrixView<const double> a, MatrixView<const double> b,
                        MatrixView<double> out) noexcept {
  // A stripe of kDepth rows of b stays in the first-level cache while all rows of `out` pass.
  constexpr Index kDepth = 32;
  double sum[2][detail::kStripe] = {};
  for (Index j = 0; j < out.cols; j += detail::kStripe) {
    const Index width = std::min(detail::kStripe, out.cols - j);
    for (Index k = 0; k < a.cols; k += kDepth) {
      const Index depth = std::min(kDepth, a.cols - k);
      const auto stripe = b.middle_rows(k, depth).middle_cols(j, width);
      for (Index i = 0; i < out.rows; i += 2) {
        // An odd last row is paired with itself.
        const Index next = std::min(i + 1, out.rows - 1) - i;
        auto pair = a.middle_rows(i, 2).middle_cols(k, depth);
        if (next == 0) pair.row_stride = 0;
        std::copy_n(out.row(i) + j, width, sum[0]);
        std::copy_n(out.row(i + next) + j, width, sum[1]);
        detail::add_two_rows(pair, stripe, sum);
        std::copy_n(sum[0], width, out.row(i) + j);
        std::copy_n(sum[1], width, out.row(i + next) + j);
      }
    }
  }
}

}  // namespace bochner::linalg
