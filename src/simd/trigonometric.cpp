// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/trigonometric.cpp"
#include <hwy/foreach_target.h>

#include "simd/elementary-inl.hpp"
#include "simd/families-inl.hpp"
#include "simd/reduce.hpp"

/// \file
/// Sine and cosine of blocks and of plain arrays.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {
namespace {

/// x = n pi/2 + remainder; only the low bits of n matter.
template <Scalar T>
struct Reduced {
  SignedVector<T> n;
  Vector<T> remainder;
};

template <Scalar T>
struct SinCos {
  Vector<T> sine;
  Vector<T> cosine;
};

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

/// Redoes the lanes of large angles, infinities and NaN.
template <Scalar T>
HWY_NOINLINE void reduce_large_lanes(const T* x, typename Constants<T>::Signed* n, T* remainder) {
  for (Index l = 0; l < kLanes<T>; ++l) {
    if (x[l] <= static_cast<T>(kMaxFastAngle) && x[l] >= -static_cast<T>(kMaxFastAngle)) continue;
    const ReducedAngle angle = reduce_large(static_cast<double>(x[l]));
    n[l] = static_cast<typename Constants<T>::Signed>(angle.quadrant);
    remainder[l] = static_cast<T>(angle.remainder);
  }
}

template <Scalar T>
HWY_INLINE Reduced<T> reduce(Vector<T> x) {
  constexpr Tag<T> d;
  constexpr SignedTag<T> di;
  const auto round = hn::Set(d, Constants<T>::kRound);
  const auto shifted = hn::MulAdd(x, hn::Set(d, Constants<T>::kTwoOverPi), round);
  Reduced<T> result{hn::BitCast(di, shifted), subtract_half_pi<T>(x, hn::Sub(shifted, round))};
  const auto small = hn::Le(hn::Abs(x), hn::Set(d, static_cast<T>(kMaxFastAngle)));
  if (HWY_UNLIKELY(!hn::AllTrue(d, small))) {
    HWY_ALIGN T lanes[kLanes<T>];
    HWY_ALIGN T remainder[kLanes<T>];
    HWY_ALIGN typename Constants<T>::Signed n[kLanes<T>];
    hn::Store(x, d, lanes);
    hn::Store(result.remainder, d, remainder);
    hn::Store(result.n, di, n);
    reduce_large_lanes(lanes, n, remainder);
    result = {hn::Load(di, n), hn::Load(d, remainder)};
  }
  return result;
}

/// Bit `kBit` of n + increment as a sign: all other bits zero.
template <Scalar T, int kBit>
HWY_INLINE Vector<T> sign_from_bit(SignedVector<T> n) {
  constexpr int kSign = static_cast<int>(sizeof(T)) * 8 - 1;
  const auto bit = hn::ShiftLeft<kSign - kBit>(n);
  return hn::And(hn::BitCast(Tag<T>(), bit), hn::SignBit(Tag<T>()));
}

template <Scalar T>
HWY_INLINE SinCos<T> sine_and_cosine(Vector<T> x) {
  using C = Constants<T>;
  constexpr Tag<T> d;
  constexpr SignedTag<T> di;
  const auto [n, r] = reduce<T>(x);
  const auto u = hn::Mul(r, r);
  const auto s = hn::MulAdd(hn::Mul(r, u), polynomial<C::kSin>(u), r);
  const auto c = hn::MulAdd(hn::Mul(u, u), polynomial<C::kCos>(u),
                            hn::MulAdd(u, hn::Set(d, T{-0.5}), hn::Set(d, T{1})));
  const auto odd = sign_from_bit<T, 0>(n);
  const auto sine = hn::IfNegativeThenElse(odd, c, s);
  const auto cosine = hn::IfNegativeThenElse(odd, s, c);
  return {hn::Xor(sine, sign_from_bit<T, 1>(n)),
          hn::Xor(cosine, sign_from_bit<T, 1>(hn::Add(n, hn::Set(di, 1))))};
}

}  // namespace

template <Scalar T>
void Trigonometric<T>::sincos_rows(T* block, Index ld, Index rows, Index cols,
                                   const T* scale) noexcept {
  constexpr Tag<T> d;
  const Index whole = cols / kLanes<T> * kLanes<T>;
  for (Index r = 0; r < rows; ++r) {
    T* const row = block + r * ld;
    const auto factor = hn::Set(d, scale[r]);
    for (Index j = 0; j < whole; j += kLanes<T>) {
      const auto both = sine_and_cosine<T>(hn::LoadU(d, row + j));
      hn::StoreU(hn::Mul(factor, both.cosine), d, row + j);
      hn::StoreU(hn::Mul(factor, both.sine), d, row + cols + j);
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
    for (Index j = 0; j < cols; j += kLanes<T>) {
      const auto cosine = sine_and_cosine<T>(hn::LoadU(d, row + j)).cosine;
      hn::StoreU(hn::Mul(factor, cosine), d, row + j);
    }
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
