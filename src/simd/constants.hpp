// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <array>
#include <cstdint>

/// \file
/// Constants of the elementary functions, shared by the plain and the vectorised kernels so that
/// both evaluate the same polynomials. Coefficients are near-minimax in relative error, fitted one
/// by one: each is rounded to the format before the next ones are fitted.

namespace bochner::simd {

template <Scalar T>
struct Constants;

template <>
struct Constants<float> {
  using Bits = std::uint32_t;
  using Signed = std::int32_t;
  static constexpr int kMantissaBits = 23;
  static constexpr Signed kBias = 127;
  /// 1.5 * 2^23: adding it rounds to the nearest integer, which then sits in the low bits.
  static constexpr float kRound = 0x1.8p23F;

  /// 2^r on |r| <= 1/2, error 3.0e-9.
  static constexpr std::array<float, 7> kExp2 = {0x1p0F,         0x1.62e430p-1F, 0x1.ebfbdcp-3F,
                                                 0x1.c6af7ap-5F, 0x1.3b2dd4p-7F, 0x1.5f094ap-10F,
                                                 0x1.417882p-13F};
  /// Largest magnitude of a base-2 logarithm that the rounding constant can split.
  static constexpr float kMaxLog2 = 0x1p20F;

  static constexpr float kLog2E = 0x1.715476p0F;
  /// log(2) in two parts; an integer below 2^8 times the first is exact.
  static constexpr float kLn2High = 0x1.62e4p-1F;
  static constexpr float kLn2Low = 0x1.7f7d1cp-20F;
  /// (e^r - 1 - r) / r^2 on |r| <= log(2) / 2; e^r then errs by 3.1e-9.
  static constexpr std::array<float, 5> kExp = {0x1.fffffcp-2F, 0x1.555492p-3F, 0x1.5558acp-5F,
                                                0x1.12397cp-7F, 0x1.6a518ap-10F};
  /// Beyond these exp is infinite, or zero.
  static constexpr float kExpMax = 89.0F;
  static constexpr float kExpMin = -104.0F;

  static constexpr float kTwoOverPi = 0x1.45f306p-1F;
  /// pi / 2 in parts for fused arithmetic.
  static constexpr std::array<float, 3> kHalfPi = {0x1.921fb6p0F, -0x1.777a5cp-25F,
                                                   -0x1.ee59dap-50F};
  /// (sin r - r) / r^3 and cos r as polynomials in r^2, |r| <= 0.84: pi / 4 and what the rounding
  /// of 2/pi adds at the largest argument.
  static constexpr std::array<float, 3> kSin = {-0x1.55553ep-3F, 0x1.11046cp-7F, -0x1.985676p-13F};
  static constexpr std::array<float, 5> kCos = {0x1p0F, -0x1p-1F, 0x1.555544p-5F, -0x1.6c08bep-10F,
                                                0x1.98fd66p-16F};
};

template <>
struct Constants<double> {
  using Bits = std::uint64_t;
  using Signed = std::int64_t;
  static constexpr int kMantissaBits = 52;
  static constexpr Signed kBias = 1023;
  static constexpr double kRound = 0x1.8p52;

  /// Error 4.1e-18.
  static constexpr std::array<double, 12> kExp2 = {0x1p0,
                                                   0x1.62e42fefa39efp-1,
                                                   0x1.ebfbdff82c59dp-3,
                                                   0x1.c6b08d704a0d6p-5,
                                                   0x1.3b2ab6fba0fdcp-7,
                                                   0x1.5d87fe78b312cp-10,
                                                   0x1.4309130c5d6d0p-13,
                                                   0x1.ffcbfbfcc62ecp-17,
                                                   0x1.62bfcd10b65e0p-20,
                                                   0x1.b526042045d14p-24,
                                                   0x1.e612e1f7055e2p-28,
                                                   0x1.e81e660b94933p-32};
  static constexpr double kMaxLog2 = 0x1p30;

  static constexpr double kLog2E = 0x1.71547652b82fep0;
  /// An integer below 2^11 times the first is exact.
  static constexpr double kLn2High = 0x1.62e42feep-1;
  static constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
  /// e^r then errs by 3.8e-18.
  static constexpr std::array<double, 10> kExp = {
      0x1.000000000000ap-1,  0x1.5555555555500p-3,  0x1.55555555506b5p-5,  0x1.1111111126364p-7,
      0x1.6c16c18478c35p-10, 0x1.a01a013283981p-13, 0x1.a019995ab058fp-16, 0x1.71df134e07595p-19,
      0x1.28ae0024bac96p-22, 0x1.ad9b9f46bfd14p-26};
  static constexpr double kExpMax = 710.0;
  static constexpr double kExpMin = -746.0;

  static constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;
  static constexpr std::array<double, 2> kHalfPi = {0x1.921fb54442d18p0, 0x1.1a62633145c07p-54};
  static constexpr std::array<double, 6> kSin = {-0x1.5555555555548p-3,  0x1.111111110f75bp-7,
                                                 -0x1.a01a019bf1d2fp-13, 0x1.71de355ebf3dbp-19,
                                                 -0x1.ae5e543e1650ap-26, 0x1.5d8e274967b80p-33};
  static constexpr std::array<double, 8> kCos = {0x1p0,
                                                 -0x1p-1,
                                                 0x1.555555555554bp-5,
                                                 -0x1.6c16c16c15016p-10,
                                                 0x1.a01a019c8f41fp-16,
                                                 -0x1.27e4f7f1a25fcp-22,
                                                 0x1.1ee9dbd652092p-29,
                                                 -0x1.8fa685bcb244cp-37};
};

/// Arguments of sine and cosine beyond this are reduced one by one (`reduce_large`).
inline constexpr double kMaxFastAngle = 0x1p20;

/// Row maxima (base 2) from this on carry no exponent: they are treated as infinite.
inline constexpr double kMaxRowExponent = 0x1p30;

/// Row offsets count as at most this in magnitude: with a column exponent they still fit 32 bits.
inline constexpr double kMaxRowOffset = 0x1p29;

}  // namespace bochner::simd
