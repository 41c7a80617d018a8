// SPDX-License-Identifier: Apache-2.0
#include "simd/reduce.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace bochner::simd {
namespace {

using Word = std::uint64_t;
__extension__ using Wide = unsigned __int128;

/// The first 1280 binary digits of 2/pi after the point.
constexpr std::array<Word, 20> kTwoOverPi = {
    0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561,
    0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484,
    0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f,
    0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d, 0x7527bac7ebe5f17b,
    0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d};

/// pi/2 * 2^63.
constexpr Word kHalfPi = 0xc90fdaa22168c234;

/// Digits first .. first + 63, counted from 0.
Word digits(int first) {
  const auto word = static_cast<std::size_t>(first / 64);
  const int shift = first % 64;
  if (shift == 0) return kTwoOverPi[word];
  return (kTwoOverPi[word] << shift) | (kTwoOverPi[word + 1] >> (64 - shift));
}

}  // namespace

ReducedAngle reduce_large(double x) noexcept {
  if (!std::isfinite(x)) return {0, std::numeric_limits<double>::quiet_NaN()};
  const auto bits = std::bit_cast<Word>(x);
  const Word mantissa = (bits & ((Word{1} << 52) - 1)) | (Word{1} << 52);
  const int exponent = static_cast<int>((bits >> 52) & 2047) - 1075;  // |x| = mantissa 2^exponent

  // Digits of 2/pi worth 4 or more after the product with an integer do not matter.
  const int first = exponent > 2 ? exponent - 2 : 0;
  // mantissa * (192 digits), low word first; it counts units of 2^(exponent - first - 192).
  std::array<Word, 4> product{};
  Wide carry = 0;
  for (int i = 0; i < 3; ++i) {
    carry += Wide{mantissa} * digits(first + 64 * (2 - i));
    product[static_cast<std::size_t>(i)] = static_cast<Word>(carry);
    carry >>= 64;
  }
  product[3] = static_cast<Word>(carry);
  // The bit worth 1, number 192 - (exponent - first), moves to 254: quadrant on top, then fraction.
  const int shift = 62 + (exponent - first);
  const auto words = static_cast<std::size_t>(shift / 64);
  const int rest = shift % 64;
  std::array<Word, 4> aligned{};
  for (std::size_t i = words; i < 4; ++i) {
    aligned[i] = product[i - words] << rest;
    if (rest != 0 && i > words) aligned[i] |= product[i - words - 1] >> (64 - rest);
  }

  auto quadrant = static_cast<std::uint32_t>(aligned[3] >> 62);
  std::array<Word, 3> fraction = {(aligned[1] << 2) | (aligned[0] >> 62),
                                  (aligned[2] << 2) | (aligned[1] >> 62),
                                  (aligned[3] << 2) | (aligned[2] >> 62)};
  bool negative = false;
  if ((fraction[2] >> 63) != 0) {  // round to the nearest quadrant
    ++quadrant;
    negative = true;
    for (Word& word : fraction) word = ~word;
  }
  int scale = -64;
  for (int i = 0; i < 2 && fraction[2] == 0; ++i) {
    fraction = {0, fraction[0], fraction[1]};
    scale -= 64;
  }
  const int zeros = std::countl_zero(fraction[2]);
  if (zeros > 0 && zeros < 64) {
    fraction[2] = (fraction[2] << zeros) | (fraction[1] >> (64 - zeros));
    scale -= zeros;
  }
  const auto high = static_cast<Word>((Wide{fraction[2]} * kHalfPi) >> 64);
  double remainder = std::ldexp(static_cast<double>(high), scale + 1);
  if (negative != (x < 0)) remainder = -remainder;
  if (x < 0) quadrant = 0U - quadrant;
  return {quadrant & 3U, remainder};
}

}  // namespace bochner::simd
