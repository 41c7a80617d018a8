// SPDX-License-Identifier: Apache-2.0
#include "kernel/matern_profile.hpp"

#include <bochner/kernel/kernel.hpp>

#include <boost/math/special_functions/bessel.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <cmath>
#include <limits>

// Functions whose arguments may be anything, in 50 digits.

using namespace bochner;
using Wide = boost::multiprecision::cpp_bin_float_50;

namespace {

double exact_matern(double nu, double square) {
  const Wide t = sqrt(Wide(2) * nu * Wide(square));
  const Wide value = pow(Wide(2), 1 - Wide(nu)) / boost::math::tgamma(Wide(nu)) * pow(t, Wide(nu)) *
                     boost::math::cyl_bessel_k(Wide(nu), t);
  return static_cast<double>(value);
}

double matern(double nu, double square) {
  double out = 0.0;
  kernels::matern_profile(nu, &square, &out, 1);
  return out;
}

}  // namespace

TEST_CASE("Matern's function is right at any distance", "[kernel][matern]") {
  for (const double nu : {0.1, 0.5, 1.0, 1.3, 7.7, 19.5, 19.9, 20.5, 33.0, 300.0}) {
    for (double r = 1e-8; r < 1e3; r *= 2.7) {
      const double exact = exact_matern(nu, r * r);
      if (exact < std::numeric_limits<double>::min()) break;
      INFO("nu " << nu << ", r " << r);
      CHECK(matern(nu, r * r) == Approx(exact).epsilon(1e-12).margin(0.0));
    }
    // t = 600 to 745, where the Bessel function itself is no normal number any more.
    for (double t = 590.0; t < 800.0; t += 15.0) {
      const double square = t * t / (2.0 * nu);
      const double exact = exact_matern(nu, square);
      INFO("nu " << nu << ", t " << t);
      if (exact < std::numeric_limits<double>::min()) {
        CHECK(matern(nu, square) <= 1.01 * std::numeric_limits<double>::min());
      } else {
        CHECK(matern(nu, square) == Approx(exact).epsilon(1e-12).margin(0.0));
      }
    }
  }
}

TEST_CASE("Matern's function costs no more where its argument is large", "[kernel][matern]") {
  const auto start = std::chrono::steady_clock::now();
  for (const double nu : {0.1, 0.7, 2.5, 19.9, 20.5, 1e3, 1e8}) {
    for (double r = 1e-8; r < 1e9; r *= 1.3) {
      const double value = matern(nu, r * r);
      CHECK(value >= 0.0);
      CHECK(value <= 1.0 + 1e-12);
    }
    CHECK(matern(nu, 0.0) == 1.0);
    CHECK(matern(nu, 1e300) == 0.0);
    CHECK(matern(nu, std::numeric_limits<double>::infinity()) == 0.0);
  }
  // 1,000 values take milliseconds; one that summed to its argument would take minutes.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
  // As nu grows, the Gaussian: k = exp(-r^2 / 2) (1 + O(1 / nu)).
  CHECK(matern(1e8, 3.0) == Approx(std::exp(-1.5)).epsilon(1e-7));
}

TEST_CASE("a cosine keeps its digits after any number of cycles", "[kernel][spectral_mixture]") {
  const Wide pi = boost::math::constants::pi<Wide>();
  const SpectralMixtureKernel kernel{{{1.0, {0.1}, {0.0}}}};
  for (double d = 1.0; d < 1e15; d *= 7.3) {
    const double origin = 0.0;
    const Wide exact = cos(2 * pi * Wide(0.1) * Wide(d));
    INFO(d);
    CHECK(evaluate(kernel, &d, &origin, 1) ==
          Approx(static_cast<double>(exact)).epsilon(0.0).margin(2e-15));
  }
}
