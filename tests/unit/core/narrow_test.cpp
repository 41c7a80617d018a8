// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/narrow.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace bochner;

namespace {

/// The number that a word stands for, from the definition of such formats.
template <Narrow N>
double meaning(std::uint32_t word) {
  constexpr int kMantissaBits = std::same_as<N, Half> ? 10 : 7;
  constexpr int kExponentBits = 15 - kMantissaBits;
  constexpr int kBias = (1 << (kExponentBits - 1)) - 1;
  const auto mantissa = static_cast<double>(word & ((1U << kMantissaBits) - 1U));
  const int exponent = static_cast<int>(word >> kMantissaBits) & ((1 << kExponentBits) - 1);
  const double sign = word >= 0x8000U ? -1.0 : 1.0;
  if (exponent == (1 << kExponentBits) - 1) {
    return mantissa == 0.0 ? sign * std::numeric_limits<double>::infinity()
                           : std::numeric_limits<double>::quiet_NaN();
  }
  const double whole = std::ldexp(1.0, kMantissaBits);
  return exponent == 0 ? sign * std::ldexp(mantissa / whole, 1 - kBias)
                       : sign * std::ldexp(1.0 + mantissa / whole, exponent - kBias);
}

template <Narrow N>
N of_bits(std::uint32_t word) {
  N x;
  x.bits = static_cast<std::uint16_t>(word);
  return x;
}

template <Narrow N>
constexpr std::uint32_t kInfinity = std::same_as<N, Half> ? 0x7C00U : 0x7F80U;

}  // namespace

TEMPLATE_TEST_CASE("each of the 65536 words is the number that it stands for", "[narrow]", Half,
                   BFloat16) {
  for (std::uint32_t word = 0; word < 0x10000U; ++word) {
    const auto x = static_cast<float>(of_bits<TestType>(word));
    const double expected = meaning<TestType>(word);
    const bool same = std::isnan(expected) ? std::isnan(x) : static_cast<double>(x) == expected;
    if (!same || std::signbit(x) != (word >= 0x8000U)) FAIL_CHECK(word);
    const std::uint32_t back = TestType(x).bits;
    if (std::isnan(x)) {
      if (!std::isnan(static_cast<float>(of_bits<TestType>(back)))) FAIL_CHECK(word);
      if ((back ^ word) >= 0x8000U) FAIL_CHECK(word);
    } else if (back != word) {
      FAIL_CHECK(word);
    }
  }
}

TEMPLATE_TEST_CASE("floats become the nearest number, ties to even", "[narrow]", Half, BFloat16) {
  using N = TestType;
  constexpr float kMost = std::numeric_limits<float>::infinity();
  for (std::uint32_t word = 0; word < kInfinity<N>; ++word) {
    const double low = meaning<N>(word);
    // What would come after the largest is as far from it as its neighbour.
    const double high =
        word + 1 < kInfinity<N> ? meaning<N>(word + 1) : 2.0 * low - meaning<N>(word - 1);
    const auto middle = static_cast<float>((low + high) / 2.0);
    REQUIRE(static_cast<double>(middle) == (low + high) / 2.0);
    const std::uint32_t even = word + (word & 1U);
    for (const std::uint32_t sign : {0U, 0x8000U}) {
      const auto rounded = [&](float x) {
        return static_cast<std::uint32_t>(N(sign == 0U ? x : -x).bits);
      };
      if (rounded(middle) != (even | sign)) FAIL_CHECK(word);
      if (rounded(std::nextafter(middle, 0.0F)) != (word | sign)) FAIL_CHECK(word);
      if (rounded(std::nextafter(middle, kMost)) != ((word + 1U) | sign)) FAIL_CHECK(word);
    }
  }
  CHECK(N(kMost).bits == kInfinity<N>);
  CHECK(N(-kMost).bits == (kInfinity<N> | 0x8000U));
  CHECK(N(std::numeric_limits<float>::max()).bits == kInfinity<N>);
  CHECK(N(std::numeric_limits<float>::denorm_min()).bits == 0U);
  CHECK(std::isnan(static_cast<float>(N(std::numeric_limits<float>::quiet_NaN()))));
  CHECK(std::isnan(static_cast<float>(N(std::numeric_limits<float>::signaling_NaN()))));
  // The wrong variant, cutting off, is off for half of them.
  CHECK(N(1.0F + 0x1.8p-8F).bits != N(1.0F).bits);
}

TEST_CASE("conversions are constants, and only from float", "[narrow]") {
  static_assert(Half(65504.0F).bits == 0x7BFF && Half(65520.0F).bits == 0x7C00);
  static_assert(static_cast<float>(Half(0x1p-24F)) == 0x1p-24F);
  static_assert(static_cast<float>(BFloat16(-2.5F)) == -2.5F);
  static_assert(!std::is_constructible_v<Half, double> && !std::is_constructible_v<BFloat16, int>);
  static_assert(!std::is_convertible_v<float, Half> && !std::is_convertible_v<Half, float>);
  static_assert(sizeof(Half) == 2 && sizeof(BFloat16) == 2);
  static_assert(Narrow<Half> && !Narrow<float> && Stored<BFloat16> && Stored<double>);
  CHECK(Half().bits == 0);
}
