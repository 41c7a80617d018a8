// SPDX-License-Identifier: Apache-2.0
#include "simd/bfloat16.hpp"

#include "simd/bfloat16_native.hpp"
#include "simd/engine.hpp"

#include <bit>

namespace bochner::simd {

const Bfloat16Kernels* native_bfloat16() {
  static const Bfloat16Kernels* const chosen =
      kernels<float>().name == "avx3" ? avx512_bfloat16() : nullptr;
  return chosen;
}

void round_to_bfloat16(const float* x, Index rows, Index cols, Index ld, float* out) noexcept {
  constexpr std::uint32_t kKept = 0xFFFF0000U;
  constexpr std::uint32_t kQuiet = 0x00400000U;
  for (Index r = 0; r < rows; ++r) {
    for (Index j = r * ld; j < r * ld + cols; ++j) {
      const auto bits = std::bit_cast<std::uint32_t>(x[j]);
      const std::uint32_t rounded = bits + 0x7FFFU + ((bits >> 16) & 1U);
      const bool nan = (bits & 0x7FFFFFFFU) > 0x7F800000U;
      out[j] = std::bit_cast<float>((nan ? bits | kQuiet : rounded) & kKept);
    }
  }
}

}  // namespace bochner::simd
