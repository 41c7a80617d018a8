// SPDX-License-Identifier: Apache-2.0
#include "random/quantiles.hpp"

#include <boost/math/distributions/normal.hpp>
#include <catch2/catch.hpp>

#include <cmath>
#include <numbers>

using namespace bochner;

TEST_CASE("quantiles are those of their laws", "[random]") {
  const boost::math::normal normal;
  for (const double u : {0x1p-53, 1e-12, 1e-8, 1e-3, 0.05, 0.0749, 0.0751, 0.2, 0.4999, 0.5, 0.6,
                         0.9, 0.925, 0.926, 0.999, 1.0 - 1e-9, 1.0 - 0x1p-53}) {
    INFO("u = " << u);
    CHECK(normal_quantile(u) == Approx(boost::math::quantile(normal, u)).epsilon(2e-15));
    CHECK(0.5 + std::atan(cauchy_quantile(u)) / std::numbers::pi == Approx(u).margin(1e-15));
    const double x = laplace_quantile(u);
    const double back = x < 0.0 ? 0.5 * std::exp(x) : 1.0 - 0.5 * std::exp(-x);
    CHECK(back == Approx(u).epsilon(1e-14));
  }
  for (const double u : {1e-3, 0.2, 0.3}) {  // odd about 1/2
    CHECK(normal_quantile(1.0 - u) == Approx(-normal_quantile(u)).epsilon(1e-14));
  }
}
