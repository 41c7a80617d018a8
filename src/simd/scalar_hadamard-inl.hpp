// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <algorithm>

/// \file
/// Walsh-Hadamard transforms in plain loops.

namespace bochner::simd::plain {

/// One level of butterflies: partners are `half` elements apart.
template <Scalar T>
void butterflies(T* data, Index size, Index half) noexcept {
  for (Index first = 0; first < size; first += 2 * half) {
    for (Index i = first; i < first + half; ++i) {
      const T a = data[i];
      const T b = data[i + half];
      data[i] = a + b;
      data[i + half] = a - b;
    }
  }
}

template <Scalar T>
void fwht(T* data, Index n) noexcept {
  for (Index half = 1; half < n; half *= 2) butterflies(data, n, half);
}

template <Scalar T>
void hadamard(const T* x, Index ldx, Index rows, Index dim, Index n, const T* factors, Index rounds,
              const T* scale, Index cols, T* out, Index ldo, T* scratch) noexcept {
  for (Index row = 0; row < rows; ++row) {
    for (Index start = 0; start < cols; start += n) {
      std::copy_n(x + row * ldx, dim, scratch);
      std::fill(scratch + dim, scratch + n, T{0});
      for (Index r = 0; r < rounds; ++r) {
        const T* const factor = factors + start * rounds + r * n;
        for (Index i = 0; i < n; ++i) scratch[i] *= factor[i];
        for (Index half = 1; half < n; half *= 2) {
          butterflies(scratch, n, (rounds - r) % 2 == 0 ? half : n / (2 * half));
        }
      }
      const Index count = std::min(n, cols - start);
      for (Index i = 0; i < count; ++i) out[row * ldo + start + i] = scale[start + i] * scratch[i];
    }
  }
}

}  // namespace bochner::simd::plain
