// SPDX-License-Identifier: Apache-2.0

// Sums of a row in interleaved chains; included once for each instruction set, hence no #pragma
// once.
#if defined(BOCHNER_SIMD_FOLD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BOCHNER_SIMD_FOLD_INL
#undef BOCHNER_SIMD_FOLD_INL
#else
#define BOCHNER_SIMD_FOLD_INL
#endif

#include "simd/vector-inl.hpp"

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {

template <Scalar T, int... L>
HWY_INLINE Vector<T> fold_lanes(Vector<T> v, std::integer_sequence<int, L...>) {
  constexpr int kLevels = sizeof...(L);
  (..., (v = hn::Add(v, swapped<kLevels - 1 - L, T>(v))));
  return v;
}

/// sum_j a[j] x[j], or of a alone: kPanel chains, element j in chain j % kPanel, folded by halves.
/// Reads neither beyond n.
template <Scalar T>
HWY_INLINE T folded_sum(const T* a, const T* x, Index n) {
  constexpr Tag<T> d;
  constexpr Index kVectors = kPanelVectors<T>;
  Vector<T> chains[kVectors];
  HWY_UNROLL(4)
  for (Index c = 0; c < kVectors; ++c) chains[c] = hn::Zero(d);
  Index j = 0;
  for (; j + kPanel<T> <= n; j += kPanel<T>) {
    HWY_UNROLL(4)
    for (Index c = 0; c < kVectors; ++c) {
      const auto value = hn::LoadU(d, a + j + c * kLanes<T>);
      chains[c] = x ? hn::MulAdd(value, hn::LoadU(d, x + j + c * kLanes<T>), chains[c])
                    : hn::Add(chains[c], value);
    }
  }
  HWY_UNROLL(4)
  for (Index c = 0; c < kVectors; ++c) {  // zeros change no chain
    const Index count = HWY_MAX(Index{0}, n - j - c * kLanes<T>);
    const auto value = load_first(a + n - count, count);
    chains[c] = x ? hn::MulAdd(value, load_first(x + n - count, count), chains[c])
                  : hn::Add(chains[c], value);
  }
  HWY_UNROLL(4)
  for (Index half = kVectors / 2; half > 0; half /= 2) {
    for (Index c = 0; c < half; ++c) chains[c] = hn::Add(chains[c], chains[c + half]);
  }
  return hn::GetLane(
      fold_lanes<T>(chains[0], std::make_integer_sequence<int, log2_exact(kLanes<T>)>()));
}

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
