// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simd/constants.hpp"
#include "simd/reduce.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>

/// \file
/// Plain exp2, exp and sincos: the algorithm of the vectorised kernels, one value at a time.

namespace bochner::simd {

/// c[0] + c[1] x + ..., fused Horner.
template <Scalar T, std::size_t N>
T polynomial(const std::array<T, N>& c, T x) {
  T sum = c[N - 1];
  for (std::size_t k = N - 1; k-- > 0;) sum = std::fma(sum, x, c[k]);
  return sum;
}

template <Scalar T>
T round_to_integer(T x) {
  return (x + Constants<T>::kRound) - Constants<T>::kRound;
}

/// 2^k for any k: 0 from -kBias down, infinity from kBias + 1 up.
template <Scalar T>
T power_of_two(typename Constants<T>::Signed k) {
  using C = Constants<T>;
  const auto field = std::clamp<typename C::Signed>(k + C::kBias, 0, 2 * C::kBias + 1);
  return std::bit_cast<T>(static_cast<typename C::Bits>(field) << C::kMantissaBits);
}

/// 2^(x + offset) for many x: the whole part of the offset, and the coefficients of 2^r times
/// 2^(the rest).
template <Scalar T>
struct Exp2Offset {
  typename Constants<T>::Signed whole;
  std::remove_const_t<decltype(Constants<T>::kExp2)> coefficients;
};

template <Scalar T>
Exp2Offset<T> exp2_offset(double offset) {
  using C = Constants<T>;
  const double whole = round_to_integer(std::clamp(offset, -kMaxRowOffset, kMaxRowOffset));
  Exp2Offset<T> result{0, C::kExp2};
  if (whole == whole) result.whole = static_cast<typename C::Signed>(whole);
  const T factor = polynomial(C::kExp2, static_cast<T>(offset - whole));
  for (T& coefficient : result.coefficients) coefficient *= factor;
  return result;
}

/// 2^(x + offset - e); NaN stays NaN. Below the smallest normal number results may be 0.
template <Scalar T>
T exp2_shifted(T x, const Exp2Offset<T>& offset, std::int32_t e) {
  using C = Constants<T>;
  x = std::clamp(x, -C::kMaxLog2, C::kMaxLog2);
  const T n = round_to_integer(x);
  const T p = polynomial(offset.coefficients, x - n);
  if (!(n == n)) return p;
  return p * power_of_two<T>(static_cast<typename C::Signed>(n) + offset.whole - e);
}

template <Scalar T>
T exponential(T x) {
  using C = Constants<T>;
  if (x > C::kExpMax) x = C::kExpMax;
  if (x < C::kExpMin) x = C::kExpMin;
  if (!(x == x)) return x;
  const T n = std::fma(x, C::kLog2E, C::kRound) - C::kRound;
  const T r = std::fma(-n, C::kLn2Low, std::fma(-n, C::kLn2High, x));
  const T p = T{1} + std::fma(r * r, polynomial(C::kExp, r), r);
  // Two steps, so that results below the smallest normal number are rounded once.
  const T half = round_to_integer(n * T{0.5});
  return p * power_of_two<T>(static_cast<typename C::Signed>(half)) *
         power_of_two<T>(static_cast<typename C::Signed>(n - half));
}

template <Scalar T>
struct SinCos {
  T sine;
  T cosine;
};

template <Scalar T>
SinCos<T> sincos(T x) {
  using C = Constants<T>;
  std::uint32_t quadrant = 0;
  T r = x;
  if (std::abs(x) <= static_cast<T>(kMaxFastAngle)) {
    const T n = std::fma(x, C::kTwoOverPi, C::kRound) - C::kRound;
    quadrant = static_cast<std::uint32_t>(static_cast<std::int32_t>(n));
    for (const T part : C::kHalfPi) r = std::fma(-n, part, r);
  } else {
    const ReducedAngle angle = reduce_large(static_cast<double>(x));
    quadrant = angle.quadrant;
    r = static_cast<T>(angle.remainder);
  }
  const T u = r * r;
  T sine = std::fma(r * u, polynomial(C::kSin, u), r);
  T cosine = polynomial(C::kCos, u);
  if ((quadrant & 1U) != 0) std::swap(sine, cosine);
  if ((quadrant & 2U) != 0) sine = -sine;
  if (((quadrant + 1) & 2U) != 0) cosine = -cosine;
  return {sine, cosine};
}

}  // namespace bochner::simd
