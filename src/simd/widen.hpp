// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/narrow.hpp"

#include <span>
#include <string_view>

/// \file
/// Stored numbers of 16 bits to float.

namespace bochner::simd {

/// out[i] = x[i], i < count, exactly; NaN keeps its sign and payload.
struct WideningKernels {
  std::string_view name;  ///< as of `Kernels`

  void (*half)(const Half* x, Index count, float* out) noexcept;
  void (*bfloat16)(const BFloat16* x, Index count, float* out) noexcept;
};

/// Those that were compiled, best first; "scalar", plain loops, last. Some may be beyond this
/// machine: `Kernels` of the same names say which.
std::span<const WideningKernels> widening_kernels();

/// By the kernels of the name that `kernels<float>()` has.
void widen(const Half* x, Index count, float* out) noexcept;
void widen(const BFloat16* x, Index count, float* out) noexcept;

}  // namespace bochner::simd
