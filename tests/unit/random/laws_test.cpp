// SPDX-License-Identifier: Apache-2.0
#include "random/laws.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using bochner::Purpose;
using bochner::Stream;

TEST_CASE("inversions follow their quantile functions", "[laws]") {
  const Stream stream({1}, Purpose::scales);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const double u = stream.uniform(i);
    CHECK(draw_exponential(stream, i) == Approx(-std::log(u)));
    CHECK(draw_laplace(stream, i) ==
          Approx(u < 0.5 ? std::log(2 * u) : -std::log(2 * (1 - u))).margin(1e-15));
    CHECK(draw_cauchy(stream, i) ==
          Approx(std::tan(3.14159265358979323846 * (u - 0.5))).margin(1e-12));
  }
}

TEST_CASE("draws from one stream leave each other alone", "[laws]") {
  // A gamma draw of another shape may take another number of trials: nothing else may notice.
  const Stream stream({2}, Purpose::scales, 4);
  const double stable = draw_positive_stable(stream, 0.3);
  const double uniform = stream.uniform(0);
  for (const double shape : {0.1, 1.0, 7.0}) CHECK(draw_gamma(stream, shape) > 0.0);
  CHECK(draw_positive_stable(stream, 0.3) == stable);
  CHECK(stream.uniform(0) == uniform);
}

TEST_CASE("heavy and light parameters stay finite and positive", "[laws]") {
  for (std::uint64_t item = 0; item < 20000; ++item) {
    const Stream stream({3}, Purpose::scales, item);
    for (const double shape : {0.05, 0.5, 1.0, 3.5, 1e8}) {
      const double x = draw_gamma(stream, shape);
      if (!(x > 0.0 && std::isfinite(x))) FAIL("gamma(" << shape << ") = " << x);
    }
    for (const double index : {0.1, 0.5, 0.999}) {
      const double x = draw_positive_stable(stream, index);
      if (!(x > 0.0 && std::isfinite(x))) FAIL("stable(" << index << ") = " << x);
    }
  }
}
