// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <array>

namespace bochner::feature_functions {

/// sum_j a[j] b[j] in double: eight interleaved sums folded in a fixed order, so that the loop
/// vectorises and the bits depend on nothing but the values.
template <Scalar T>
double row_product(const T* a, const T* b, Index n) noexcept {
  std::array<double, 8> sums{};
  Index j = 0;
  for (; j + 8 <= n; j += 8) {
    for (std::size_t l = 0; l < 8; ++l) {
      sums[l] += static_cast<double>(a[j + static_cast<Index>(l)]) *
                 static_cast<double>(b[j + static_cast<Index>(l)]);
    }
  }
  for (std::size_t l = 0; j < n; ++j, ++l) {
    sums[l] += static_cast<double>(a[j]) * static_cast<double>(b[j]);
  }
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

}  // namespace bochner::feature_functions
