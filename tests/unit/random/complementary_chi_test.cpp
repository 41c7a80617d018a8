// SPDX-License-Identifier: Apache-2.0
#include "random/complementary_chi.hpp"

#include <boost/math/special_functions/gamma.hpp>
#include <catch2/catch.hpp>

#include <cmath>

using namespace bochner;

TEST_CASE("complementary radii have complementary probabilities", "[random][chi]") {
  for (const Index degrees : {2, 3, 4, 7, 16, 64, 1024, 100000}) {
    const double n = 0.5 * static_cast<double>(degrees);
    for (const double tail : {0.5, 0.4999, 0.4, 0.1, 1e-3, 1e-9, 1e-16, 1e-40}) {
      const double low = std::sqrt(2.0 * boost::math::gamma_p_inv(n, tail));
      const double high = std::sqrt(2.0 * boost::math::gamma_q_inv(n, tail));
      CAPTURE(degrees, tail);
      CHECK(complementary_chi(low, degrees) == Approx(high).epsilon(1e-13));
      CHECK(complementary_chi(high, degrees) == Approx(low).epsilon(1e-13));
    }
  }
}

TEST_CASE("complementary radii of two degrees: the logarithm's form", "[random][chi]") {
  // F(r) = 1 - e^{-r^2 / 2}.
  for (const double r : {1e-6, 0.1, 1.0, 1.2, 3.0, 8.0}) {
    const double upper = -0.5 * r * r;  // log P(R > r)
    const double lower = r < 1.0 ? std::log(-std::expm1(upper)) : std::log1p(-std::exp(upper));
    const double expected = std::sqrt(-2.0 * lower);
    CHECK(complementary_chi(r, 2) == Approx(expected).epsilon(1e-13));
  }
}

TEST_CASE("radii that no draw has have finite partners", "[random][chi]") {
  for (const Index degrees : {2, 8, 60, 240, 4096, 1000000}) {
    CAPTURE(degrees);
    const double centre = std::sqrt(static_cast<double>(degrees));
    CHECK(complementary_chi(0.0, degrees) > centre + 10.0);
    CHECK(complementary_chi(2.0 * centre + 60.0, degrees) >= 0.0);
    CHECK(complementary_chi(2.0 * centre + 60.0, degrees) < centre);
  }
}
