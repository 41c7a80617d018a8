// SPDX-License-Identifier: Apache-2.0
#include "random/elementary.hpp"

#include "bochner/random/stream.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace elementary = bochner::elementary;

namespace {

constexpr int kPoints = 200000;
constexpr double kMaxUlp = 2.0;

/// |value - exact| in units of the last place of `exact`.
double ulps(double value, long double exact) {
  int exponent = 0;
  std::frexp(static_cast<double>(exact), &exponent);
  const long double ulp = std::ldexp(1.0L, std::max(exponent - 53, -1074));
  return static_cast<double>(std::fabs(static_cast<long double>(value) - exact) / ulp);
}

/// sin(pi x) in extended precision, with the reduction done exactly first.
long double sin_pi(double x) {
  const double remainder = std::remainder(x, 2.0);
  const double half = std::remainder(remainder, 1.0);
  const long double value = std::sin(std::numbers::pi_v<long double> * half);
  return half == remainder ? value : -value;
}

}  // namespace

static_assert(std::numeric_limits<long double>::digits >= 64, "the reference needs more digits");

TEST_CASE("log is within 2 ulp of the logarithm", "[elementary]") {
  const bochner::Stream stream({1}, bochner::Purpose::study);
  double worst = 0.0;
  const auto check = [&](double x) {
    worst = std::max(worst, ulps(elementary::log(x), std::log(static_cast<long double>(x))));
  };
  for (std::uint64_t i = 0; i < kPoints; ++i) {
    const double u = stream.uniform(i);
    check(u);
    check(1.0 + (u - 0.5) * 0x1p-20);
    check(std::ldexp(1.0 + u, static_cast<int>(stream.bits(i) % 2044) - 1022));
  }
  for (const double x : {0x1p-53, 1.0 - 0x1p-53, 0x1p-1022, std::numbers::sqrt2 / 2,
                         std::nextafter(std::numbers::sqrt2 / 2, 0.0), 1.0 + 0x1p-52,
                         std::numeric_limits<double>::max()}) {
    check(x);
  }
  INFO("worst error " << worst << " ulp");
  CHECK(worst < kMaxUlp);
  CHECK(elementary::log(1.0) == 0.0);
}

TEST_CASE("exp is within 2 ulp of the exponential", "[elementary]") {
  const bochner::Stream stream({2}, bochner::Purpose::study);
  double worst = 0.0;
  for (std::uint64_t i = 0; i < kPoints; ++i) {
    const double u = stream.uniform(i);
    for (const double x : {u - 0.5, 0x1p-20 * (u - 0.5), 1454.0 * u - 745.0}) {
      worst = std::max(worst, ulps(elementary::exp(x), std::exp(static_cast<long double>(x))));
    }
  }
  INFO("worst error " << worst << " ulp");
  CHECK(worst < kMaxUlp);
  CHECK(elementary::exp(0.0) == 1.0);
  CHECK(elementary::exp(-745.0) > 0.0);
  for (const double x : {-746.0, -1e6, -std::numeric_limits<double>::infinity()}) {
    CHECK(elementary::exp(x) == 0.0);
  }
  CHECK(std::isfinite(elementary::exp(709.78)));
  for (const double x : {709.79, 1e6, std::numeric_limits<double>::infinity()}) {
    CHECK(std::isinf(elementary::exp(x)));
  }
}

TEST_CASE("sincos_pi is within 2 ulp of sine and cosine", "[elementary]") {
  const bochner::Stream stream({3}, bochner::Purpose::study);
  double worst = 0.0;
  for (std::uint64_t i = 0; i < kPoints; ++i) {
    for (const double scale : {0.5, 2.0, 64.0}) {
      const double x = scale * (2.0 * stream.uniform(i) - 1.0);
      const elementary::SinCos value = elementary::sincos_pi(x);
      // cos(pi x) = sin(pi (1/2 - |x|)), a reduction without rounding once |x| is below 1/2.
      const double folded = std::fabs(std::remainder(x, 2.0));
      worst = std::max(worst, ulps(value.sin, sin_pi(x)));
      if (folded >= 0.25) {
        worst = std::max(worst, ulps(value.cos, sin_pi(0.5 - folded)));
      } else {
        worst =
            std::max(worst, ulps(value.cos, std::cos(std::numbers::pi_v<long double> * folded)));
      }
    }
  }
  INFO("worst error " << worst << " ulp");
  CHECK(worst < kMaxUlp);
}

TEST_CASE("sincos_pi is exact at multiples of one half", "[elementary]") {
  for (int q = -9; q <= 9; ++q) {
    const elementary::SinCos value = elementary::sincos_pi(0.5 * q);
    const double sine[] = {0.0, 1.0, 0.0, -1.0};
    CHECK(value.sin == sine[q & 3]);
    CHECK(value.cos == sine[(q + 1) & 3]);
  }
}
