// SPDX-License-Identifier: Apache-2.0
#include "simd/bfloat16.hpp"

#include "bochner/core/narrow.hpp"
#include "simd/bfloat16_native.hpp"
#include "simd/engine.hpp"

namespace bochner::simd {

const Bfloat16Kernels* native_bfloat16() {
  static const Bfloat16Kernels* const chosen =
      kernels<float>().name == "avx3" ? avx512_bfloat16() : nullptr;
  return chosen;
}

void round_to_bfloat16(const float* x, Index rows, Index cols, Index ld, float* out) noexcept {
  for (Index r = 0; r < rows; ++r) {
    for (Index j = r * ld; j < r * ld + cols; ++j) out[j] = static_cast<float>(BFloat16(x[j]));
  }
}

}  // namespace bochner::simd
