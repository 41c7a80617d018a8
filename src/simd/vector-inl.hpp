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

constexpr int log2_exact(Index n) { return __builtin_ctzll(static_cast<unsigned long long>(n)); }

/// Lanes at distance 2^kLevel swapped.
template <int kLevel, Scalar T>
HWY_INLINE Vector<T> swapped(Vector<T> v) {
  constexpr Tag<T> d;
  constexpr std::size_t kBytes = sizeof(T) << kLevel;
  if constexpr (kBytes == 32) {
    return hn::ConcatLowerUpper(d, v, v);
  } else if constexpr (kBytes == 16) {
    return hn::SwapAdjacentBlocks(v);
  } else if constexpr (kLevel == 1) {
    return hn::Shuffle1032(v);
  } else {
    return hn::Reverse2(d, v);
  }
}

/// Every lane of `from` that is one of the first `count`, zeros elsewhere; reads no other lane.
template <Scalar T>
HWY_INLINE Vector<T> load_first(const T* from, Index count) {
  HWY_ALIGN T lanes[kLanes<T>] = {};
  for (Index l = 0; l < HWY_MIN(count, kLanes<T>); ++l) lanes[l] = from[l];
  return hn::Load(Tag<T>(), lanes);
}

/// Writes the first `count` lanes and no other.
template <Scalar T>
HWY_INLINE void store_first(Vector<T> v, T* to, Index count) {
  HWY_ALIGN T lanes[kLanes<T>];
  hn::Store(v, Tag<T>(), lanes);
  for (Index l = 0; l < HWY_MIN(count, kLanes<T>); ++l) to[l] = lanes[l];
}

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
