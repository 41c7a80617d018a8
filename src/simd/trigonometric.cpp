// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/trigonometric.cpp"
#include <hwy/foreach_target.h>

#include "simd/elementary-inl.hpp"
#include "simd/kernels-inl.hpp"
#include "simd/reduce.hpp"

#include <hwy/cache_control.h>

/// \file
/// Sine and cosine of blocks and of plain arrays.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {
namespace {

#if HWY_NATIVE_FMA

template <Scalar T, std::size_t... K>
HWY_INLINE Vector<T> subtract_half_pi(Vector<T> x, Vector<T> n, std::index_sequence<K...>) {
  (..., (x = hn::NegMulAdd(n, hn::Set(Tag<T>(), kElement<Constants<T>::kHalfPi, K>), x)));
  return x;
}

/// x - n pi/2.
template <Scalar T>
HWY_INLINE Vector<T> subtract_half_pi(Vector<T> x, Vector<T> n) {
  return subtract_half_pi<T>(x, n, std::make_index_sequence<Constants<T>::kHalfPi.size()>());
}

#else

/// x - n pi/2 with a first part of pi/2 so short that its products are exact.
template <Scalar T>
Vector<double> subtract_half_pi(Vector<double> x, Vector<double> n) {
  constexpr Tag<double> d;
  constexpr double kParts[] = {0x1.921fb544p0, 0x1.0b4611a6p-34, 0x1.3198a2e037073p-69};
  for (const double part : kParts) x = hn::Sub(x, hn::Mul(n, hn::Set(d, part)));
  return x;
}

template <Scalar T>
Vector<float> subtract_half_pi(Vector<float> x, Vector<float> n) {
  constexpr hn::Half<Tag<float> > half;
  constexpr Tag<double> wide;
  const auto low = subtract_half_pi<double>(hn::PromoteTo(wide, hn::LowerHalf(half, x)),
                                            hn::PromoteTo(wide, hn::LowerHalf(half, n)));
  const auto high = subtract_half_pi<double>(hn::PromoteTo(wide, hn::UpperHalf(half, x)),
                                             hn::PromoteTo(wide, hn::UpperHalf(half, n)));
  return hn::Combine(Tag<float>(), hn::DemoteTo(half, high), hn::DemoteTo(half, low));
}

#endif

/// Redoes large angles, infinities and NaN.
template <Scalar T>
HWY_NOINLINE void reduce_large_angles(const T* x, Index count, typename Constants<T>::Signed* n,
                                      T* remainder) {
  for (Index l = 0; l < count; ++l) {
    if (x[l] <= static_cast<T>(kMaxFastAngle) && x[l] >= -static_cast<T>(kMaxFastAngle)) continue;
    const ReducedAngle angle = reduce_large(static_cast<double>(x[l]));
    n[l] = static_cast<typename Constants<T>::Signed>(angle.quadrant);
    remainder[l] = static_cast<T>(angle.remainder);
  }
}

/// Vectors that are worked on side by side: each is one long chain of dependent operations.
constexpr std::make_index_sequence<HWY_TARGET <= HWY_AVX3 ? 4 : 2> kSideBySide;

/// x = n pi/2 + remainder; only the low bits of n matter. The remainders take the place of x.
template <Scalar T, std::size_t... V>
HWY_INLINE void reduce(Vector<T>* x, SignedVector<T>* n, std::index_sequence<V...>) {
  constexpr Tag<T> d;
  constexpr SignedTag<T> di;
  const auto round = hn::Set(d, Constants<T>::kRound);
  const Vector<T> shifted[] = {hn::MulAdd(x[V], hn::Set(d, Constants<T>::kTwoOverPi), round)...};
  const Vector<T> remainder[] = {subtract_half_pi<T>(x[V], hn::Sub(shifted[V], round))...};
  (..., (n[V] = hn::BitCast(di, shifted[V])));
  auto largest = hn::Zero(d);
  (..., (largest = hn::Max(largest, hn::Abs(x[V]))));
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Le(largest, hn::Set(d, static_cast<T>(kMaxFastAngle)))))) {
    HWY_ALIGN T angles[sizeof...(V) * hn::MaxLanes(d)];
    HWY_ALIGN T remainders[sizeof...(V) * hn::MaxLanes(d)];
    HWY_ALIGN typename Constants<T>::Signed numbers[sizeof...(V) * hn::MaxLanes(d)];
    (..., hn::Store(x[V], d, angles + V * hn::MaxLanes(d)));
    (..., hn::Store(remainder[V], d, remainders + V * hn::MaxLanes(d)));
    (..., hn::Store(n[V], di, numbers + V * hn::MaxLanes(d)));
    reduce_large_angles(angles, static_cast<Index>(sizeof...(V)) * kLanes<T>, numbers, remainders);
    (..., (n[V] = hn::Load(di, numbers + V * hn::MaxLanes(d))));
    (..., (x[V] = hn::Load(d, remainders + V * hn::MaxLanes(d))));
  } else {
    (..., (x[V] = remainder[V]));
  }
}

/// x with its sign changed where bit 1 of n is set.
template <Scalar T>
HWY_INLINE Vector<T> negate_by_bit_1(Vector<T> x, SignedVector<T> n) {
  constexpr Tag<T> d;
  constexpr int kSign = static_cast<int>(sizeof(T)) * 8 - 1;
  return hn::Xor(x, hn::And(hn::BitCast(d, hn::ShiftLeft<kSign - 1>(n)), hn::SignBit(d)));
}

/// sine = sin(x), x = cos(x).
template <Scalar T, std::size_t... V>
HWY_INLINE void sine_and_cosine(Vector<T>* x, Vector<T>* sine, std::index_sequence<V...> vectors) {
  using C = Constants<T>;
  constexpr SignedTag<T> di;
  constexpr int kSign = static_cast<int>(sizeof(T)) * 8 - 1;
  SignedVector<T> n[sizeof...(V)];
  reduce<T>(x, n, vectors);
  const Vector<T> u[] = {hn::Mul(x[V], x[V])...};
  Vector<T> s[] = {polynomial<C::kSin>(u[V])...};
  const Vector<T> c[] = {polynomial<C::kCos>(u[V])...};
  (..., (s[V] = hn::MulAdd(hn::Mul(x[V], u[V]), s[V], x[V])));
  const Vector<T> odd[] = {hn::BitCast(Tag<T>(), hn::ShiftLeft<kSign>(n[V]))...};
  (..., (sine[V] = negate_by_bit_1<T>(hn::IfNegativeThenElse(odd[V], c[V], s[V]), n[V])));
  (..., (x[V] = negate_by_bit_1<T>(hn::IfNegativeThenElse(odd[V], s[V], c[V]),
                                   hn::Add(n[V], hn::Set(di, 1)))));
}

/// A few vectors of angles to cosines, in their place, and to sines.
template <Scalar T, std::size_t... V>
HWY_INLINE void sincos_of(T* x, T* sine, Vector<T> factor, std::index_sequence<V...> vectors) {
  constexpr Tag<T> d;
  Vector<T> cosines[] = {hn::LoadU(d, x + static_cast<Index>(V) * kLanes<T>)...};
  Vector<T> sines[sizeof...(V)];
  sine_and_cosine<T>(cosines, sines, vectors);
  (..., hn::StoreU(hn::Mul(factor, cosines[V]), d, x + static_cast<Index>(V) * kLanes<T>));
  (..., hn::StoreU(hn::Mul(factor, sines[V]), d, sine + static_cast<Index>(V) * kLanes<T>));
}

template <Scalar T, std::size_t... V>
HWY_INLINE void cos_of(T* x, Vector<T> factor, std::index_sequence<V...> vectors) {
  constexpr Tag<T> d;
  Vector<T> cosines[] = {hn::LoadU(d, x + static_cast<Index>(V) * kLanes<T>)...};
  Vector<T> sines[sizeof...(V)];
  sine_and_cosine<T>(cosines, sines, vectors);
  (..., hn::StoreU(hn::Mul(factor, cosines[V]), d, x + static_cast<Index>(V) * kLanes<T>));
}

template <Scalar T>
struct SinCos {
  Vector<T> sine;
  Vector<T> cosine;
};

template <Scalar T>
HWY_INLINE SinCos<T> sine_and_cosine(Vector<T> x) {
  SinCos<T> result;
  result.cosine = x;
  sine_and_cosine<T>(&result.cosine, &result.sine, std::make_index_sequence<1>());
  return result;
}

/// Lines that sines go to are asked for so many rows earlier; the projection has touched the
/// others.
constexpr Index kRowsAhead = 8;

template <Scalar T>
constexpr Index kStep = static_cast<Index>(kSideBySide.size()) * kLanes<T>;

}  // namespace

template <Scalar T>
void Trigonometric<T>::sincos_rows(T* block, Index ld, Index rows, Index cols,
                                   const T* scale) noexcept {
  constexpr Tag<T> d;
  const Index whole = cols / kLanes<T> * kLanes<T>;
  for (Index r = 0; r < rows; ++r) {
    T* const row = block + r * ld;
    const auto factor = hn::Set(d, scale[r]);
    Index j = 0;
    for (; j + kStep<T> <= whole; j += kStep<T>) {
      for (Index l = 0; l < kStep<T>; l += kPanel<T>) {
        hwy::Prefetch(row + kRowsAhead * ld + cols + j + l);
      }
      sincos_of(row + j, row + cols + j, factor, kSideBySide);
    }
    for (; j < whole; j += kLanes<T>) {
      sincos_of(row + j, row + cols + j, factor, std::make_index_sequence<1>());
    }
    if (whole < cols) {
      const Index rest = cols - whole;
      const auto both = sine_and_cosine<T>(load_first(row + whole, rest));
      store_first(hn::Mul(factor, both.cosine), row + whole, rest);
      store_first(hn::Mul(factor, both.sine), row + cols + whole, rest);
    }
  }
}

template <Scalar T>
void Trigonometric<T>::cos_rows(T* block, Index ld, Index rows, Index cols,
                                const T* scale) noexcept {
  constexpr Tag<T> d;
  for (Index r = 0; r < rows; ++r) {
    T* const row = block + r * ld;
    const auto factor = hn::Set(d, scale[r]);
    Index j = 0;
    for (; j + kStep<T> <= cols; j += kStep<T>) cos_of(row + j, factor, kSideBySide);
    for (; j < cols; j += kLanes<T>) cos_of(row + j, factor, std::make_index_sequence<1>());
  }
}

template <Scalar T>
void Trigonometric<T>::sincos(const T* x, T* cosine, T* sine, Index n) noexcept {
  constexpr Tag<T> d;
  Index i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) {
    const auto both = sine_and_cosine<T>(hn::LoadU(d, x + i));
    hn::StoreU(both.cosine, d, cosine + i);
    hn::StoreU(both.sine, d, sine + i);
  }
  if (i < n) {
    const auto both = sine_and_cosine<T>(load_first(x + i, n - i));
    store_first(both.cosine, cosine + i, n - i);
    store_first(both.sine, sine + i, n - i);
  }
}

template struct Trigonometric<float>;
template struct Trigonometric<double>;

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
