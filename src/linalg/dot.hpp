// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

/// \file
/// The inner product of two arrays.

namespace bochner::linalg {

/// Four chains, every fourth term each, so that the additions of one do not wait for those of
/// another.
inline double dot(const double* a, const double* b, Index n) noexcept {
  double sum[4] = {};
  Index k = 0;
  for (; k + 4 <= n; k += 4) {
    for (Index l = 0; l < 4; ++l) sum[l] += a[k + l] * b[k + l];
  }
  for (; k < n; ++k) sum[k % 4] += a[k] * b[k];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

}  // namespace bochner::linalg
