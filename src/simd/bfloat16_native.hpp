// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simd/bfloat16.hpp"

namespace bochner::simd {

/// The kernels of AVX512_BF16, or null where the machine lacks it.
const Bfloat16Kernels* avx512_bfloat16();

}  // namespace bochner::simd
