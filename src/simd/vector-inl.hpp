// SPDX-License-Identifier: Apache-2.0

// What the vectorised kernels share; included once for each instruction set, hence no #pragma once.
#if defined(BOCHNER_SIMD_VECTOR_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BOCHNER_SIMD_VECTOR_INL
#undef BOCHNER_SIMD_VECTOR_INL
#else
#define BOCHNER_SIMD_VECTOR_INL
#endif

#include "simd/engine.hpp"

#include <hwy/highway.h>

#include <cstddef>
#include <string_view>
#include <utility>

/// Targets with real vectors; on the others `scalar_kernels` serves.
#undef BOCHNER_VECTOR_TARGET
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
#define BOCHNER_VECTOR_TARGET 1
#else
#define BOCHNER_VECTOR_TARGET 0
#endif

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <Scalar T>
using Tag = hn::ScalableTag<T>;
template <Scalar T>
using Vector = hn::Vec<Tag<T>>;

template <Scalar T>
inline constexpr Index kLanes = static_cast<Index>(hn::MaxLanes(Tag<T>()));
/// Vectors of a panel.
template <Scalar T>
inline constexpr Index kPanelVectors = kPanel<T> / kLanes<T>;

#if HWY_TARGET == HWY_AVX3
inline constexpr std::string_view kTargetName = "avx3";
#elif HWY_TARGET == HWY_AVX2
inline constexpr std::string_view kTargetName = "avx2";
#else
inline constexpr std::string_view kTargetName = "sse4";
#endif

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
