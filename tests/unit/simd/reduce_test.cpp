// SPDX-License-Identifier: Apache-2.0
#include "simd/reduce.hpp"

#include <cmath>
#include <limits>
#include <numbers>

#include <catch2/catch.hpp>

using bochner::simd::reduce_large;

namespace {

/// sin(x) from the reduced angle.
double sine(double x) {
  const auto [quadrant, r] = reduce_large(x);
  const double value = quadrant % 2 == 0 ? std::sin(r) : std::cos(r);
  return quadrant >= 2 ? -value : value;
}

}  // namespace

TEST_CASE("large angles keep every digit", "[simd]") {
  // To 17 digits, from mpmath at 1200 digits.
  const double cases[][2] = {
      {1e22, -0.85220084976718880},    {-1e22, 0.85220084976718880},
      {1e300, -0.81788191211590866},   {std::numeric_limits<double>::max(), 0.0049619547891840618},
      {0x1.6ac5b262ca1ffp849, 1.0},  // nearest of all doubles to k pi/2
      {0x1p1023, 0.56312777985088410}, {3.0, 0.14112000805986722},
      {1.0, 0.84147098480789651}};
  for (const auto& [x, expected] : cases) {
    INFO(x);
    CHECK(std::abs(sine(x) - expected) <= 3e-16 * std::abs(expected));
  }
  // That double is odd pi/2 plus 4.687e-19.
  CHECK(std::abs(reduce_large(0x1.6ac5b262ca1ffp849).remainder) ==
        Approx(4.6871659242546276e-19).epsilon(1e-14));
}

TEST_CASE("the remainder is at most pi/4 and changes sign with the angle", "[simd]") {
  for (int e = 0; e <= 1023; ++e) {
    const double x = std::ldexp(1.2345678901234567, e);
    const auto positive = reduce_large(x);
    const auto negative = reduce_large(-x);
    CHECK(std::abs(positive.remainder) <= std::numbers::pi / 4 * (1 + 1e-15));
    CHECK(negative.remainder == -positive.remainder);
    CHECK((positive.quadrant + negative.quadrant) % 4 == 0);
  }
  CHECK(std::isnan(reduce_large(std::numeric_limits<double>::infinity()).remainder));
  CHECK(std::isnan(reduce_large(std::numeric_limits<double>::quiet_NaN()).remainder));
}
