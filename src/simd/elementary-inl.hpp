// SPDX-License-Identifier: Apache-2.0

// The functions of elementary.hpp on vectors; included once for each instruction set, hence no
// #pragma once.
#if defined(BOCHNER_SIMD_ELEMENTARY_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BOCHNER_SIMD_ELEMENTARY_INL
#undef BOCHNER_SIMD_ELEMENTARY_INL
#else
#define BOCHNER_SIMD_ELEMENTARY_INL
#endif

#include "simd/constants.hpp"
#include "simd/vector-inl.hpp"

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {

template <Scalar T>
using SignedTag = hn::Rebind<typename Constants<T>::Signed, Tag<T>>;
template <Scalar T>
using SignedVector = hn::Vec<SignedTag<T>>;

/// A constant, so that no function of the standard library is called by the code of a target.
template <const auto& kArray, std::size_t K>
inline constexpr auto kElement = kArray[K];

template <const auto& kCoefficients, class V, std::size_t... K>
HWY_INLINE V polynomial(V x, std::index_sequence<K...>) {
  constexpr hn::DFromV<V> d;
  constexpr std::size_t kLast = sizeof...(K);
  V sum = hn::Set(d, kElement<kCoefficients, kLast>);
  (..., (sum = hn::MulAdd(sum, x, hn::Set(d, kElement<kCoefficients, kLast - 1 - K>))));
  return sum;
}

/// c[0] + c[1] x + ..., fused Horner.
template <const auto& kCoefficients, class V>
HWY_INLINE V polynomial(V x) {
  return polynomial<kCoefficients>(x, std::make_index_sequence<kCoefficients.size() - 1>());
}

/// The power of two whose biased exponent is in the low bits.
template <Scalar T>
HWY_INLINE Vector<T> from_exponent_field(SignedVector<T> field) {
  return hn::BitCast(Tag<T>(), hn::ShiftLeft<Constants<T>::kMantissaBits>(field));
}

/// x within [low, high]; NaN stays NaN (x86 returns the second operand).
template <Scalar T>
HWY_INLINE Vector<T> clamp(Vector<T> x, T low, T high) {
  constexpr Tag<T> d;
  return hn::Max(hn::Set(d, low), hn::Min(hn::Set(d, high), x));
}

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
