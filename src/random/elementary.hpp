// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

/// \file
/// The logarithm, exponential, sine and cosine of the sampling path, made of + - * / and bit casts
/// alone and free of branches: the same bits from every compiler, at every optimisation level, on
/// every instruction set and in every lane of a vectorised loop (with -ffp-contract=off, which the
/// whole library has). Errors are below 2 ulp on the stated domains; libm promises less.

namespace bochner::elementary {

namespace detail {

// ln 2 = kLn2High + kLn2Low; the high part has 32 bits, so that its multiples are exact.
inline constexpr double kLn2High = 0x1.62e42fee00000p-1;
inline constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
inline constexpr double kLog2E = 0x1.71547652b82fep+0;

// Added and subtracted, it rounds |x| < 2^51 to the nearest integer, which then stands in the low
// bits of the sum.
inline constexpr double kRounder = 0x1.8p+52;

/// coefficients[0] + coefficients[1] x + ..., by Horner's rule.
template <std::size_t N>
constexpr double polynomial(const std::array<double, N>& coefficients, double x) noexcept {
  double value = coefficients[N - 1];
  for (std::size_t k = N - 1; k-- > 0;) value = value * x + coefficients[k];
  return value;
}

/// 2^k, -1022 <= k <= 1023.
inline double power_of_two(std::int32_t k) noexcept {
  return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

}  // namespace detail

/// ln x for positive normal x. With x = m 2^e, m in [sqrt(1/2), sqrt(2)), f = m - 1 and
/// s = f / (2 + f): ln m = 2 artanh(s), arranged as in [Tang90] so that f enters unrounded.
inline double log(double x) noexcept {
  constexpr std::uint64_t root_half = 0x3fe6a09e667f3bcdULL;
  // 2 artanh(s) = 2 s + s z (2/3 + 2/5 z + ...), z = s^2 < 0.0295; what is left out is below 2^-59
  // s.
  constexpr std::array<double, 10> artanh = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11,
                                             2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21};
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  const auto exponent = static_cast<std::int32_t>((bits - root_half) >> 32) >> 20;
  const auto shift = static_cast<std::uint64_t>(static_cast<std::int64_t>(exponent)) << 52;
  const double f = std::bit_cast<double>(bits - shift) - 1.0;
  const double e = exponent;
  const double half_square = 0.5 * f * f;
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double tail = s * (half_square + z * detail::polynomial(artanh, z));
  return e * detail::kLn2High - ((half_square - (tail + e * detail::kLn2Low)) - f);
}

/// e^x for any x but NaN: infinity above 709.78, gradual underflow below -708.4, zero below -745.2.
/// With k = round(x / ln 2) and r = x - k ln 2: e^x = 2^k e^r, e^r by Taylor's series.
inline double exp(double x) noexcept {
  constexpr std::array<double, 12> inverse_factorial = {
      1.0 / 2,        1.0 / 6,         1.0 / 24,         1.0 / 120,
      1.0 / 720,      1.0 / 5040,      1.0 / 40320.,     1.0 / 362880.,
      1.0 / 3628800., 1.0 / 39916800., 1.0 / 479001600., 1.0 / 6227020800.};
  const double below = x < 710.0 ? x : 710.0;
  const double bounded = below > -746.0 ? below : -746.0;
  const double rounded = bounded * detail::kLog2E + detail::kRounder;
  const double k = rounded - detail::kRounder;
  const double r = (bounded - k * detail::kLn2High) - k * detail::kLn2Low;
  const double series = 1.0 + (r + r * r * detail::polynomial(inverse_factorial, r));
  // 2^k in two factors: k passes the range of normal exponents at both ends.
  const auto n = static_cast<std::int32_t>(k);
  const std::int32_t half = n >> 1;
  return series * detail::power_of_two(half) * detail::power_of_two(n - half);
}

/// The two coordinates of a point on the unit circle.
struct SinCos {
  double sin;
  double cos;
};

/// sin(pi x) and cos(pi x) for |x| < 2^50. The argument reduction is exact: x = q / 2 + f with
/// |f| <= 1/4; then Taylor's series in f.
inline SinCos sincos_pi(double x) noexcept {
  constexpr double pi_high = 0x1.921fb54442d18p+1;
  constexpr double pi_low = 0x1.1a62633145c07p-53;
  // (-1)^k pi^(2k+1) / (2k+1)!, k = 1, ..., 8
  constexpr std::array<double, 8> sine = {
      -0x1.4abbce625be53p+2, 0x1.466bc6775aae2p+1,  -0x1.32d2cce62bd86p-1,  0x1.50783487ee782p-4,
      -0x1.e3074fde8871fp-8, 0x1.e8f434d018d63p-12, -0x1.6fadb9f155744p-16, 0x1.aaec32af93359p-21};
  // (-1)^k pi^(2k) / (2k)!, k = 1, ..., 8
  constexpr std::array<double, 8> cosine = {
      -0x1.3bd3cc9be45dep+2, 0x1.03c1f081b5ac4p+2,  -0x1.55d3c7e3cbffap+0,  0x1.e1f506891babbp-3,
      -0x1.a6d1f2a204a8cp-6, 0x1.f9d38a3763cc3p-10, -0x1.b6e24f44b128fp-14, 0x1.20c62c2f2d7f5p-18};
  const double rounded = 2.0 * x + detail::kRounder;
  const double f = x - 0.5 * (rounded - detail::kRounder);
  const double z = f * f;
  const double s = f * pi_high + (f * pi_low + f * z * detail::polynomial(sine, z));
  const double c = 1.0 + z * detail::polynomial(cosine, z);

  const auto quadrant = std::bit_cast<std::uint64_t>(rounded);
  const std::uint64_t swap = 0 - (quadrant & 1);
  const std::uint64_t s_bits = std::bit_cast<std::uint64_t>(s);
  const std::uint64_t c_bits = std::bit_cast<std::uint64_t>(c);
  const std::uint64_t exchange = (s_bits ^ c_bits) & swap;
  return {std::bit_cast<double>(s_bits ^ exchange ^ ((quadrant & 2) << 62)),
          std::bit_cast<double>(c_bits ^ exchange ^ (((quadrant + 1) & 2) << 62))};
}

}  // namespace bochner::elementary
