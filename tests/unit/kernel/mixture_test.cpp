// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/error.hpp>
#include <bochner/kernel/kernel.hpp>

#include <boost/math/special_functions/bessel.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

// Scale mixtures of Gaussians against their formulas.

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

/// k at distance r.
double at(const Kernel& kernel, double r) {
  const double zero = 0.0;
  return evaluate(kernel, &r, &zero, 1);
}

/// Matern's function in long double.
double matern(long double nu, long double r) {
  const long double t = std::sqrt(2 * nu) * r;
  const long double log_front = (1 - nu) * std::log(2.0L) - std::lgamma(nu) + nu * std::log(t);
  return static_cast<double>(std::exp(log_front) * boost::math::cyl_bessel_k(nu, t));
}

}  // namespace

TEST_CASE("Matern kernels of any smoothness have Bessel's value", "[kernel]") {
  for (const double nu : {0.1, 0.5, 0.75, 1.0, 1.5, 2.5, 3.3, 7.5, 12.0, 19.5, 20.5, 23.7, 60.0}) {
    for (const double r : {1e-6, 1e-3, 0.1, 0.7, 1.0, 2.5, 6.0, 20.0}) {
      INFO("nu " << nu << ", r " << r);
      CHECK(at(MaternKernel{nu, {}}, r) == Approx(matern(nu, r)).epsilon(2e-13));
    }
    CHECK(at(MaternKernel{nu, {}}, 0.0) == 1.0);
    CHECK(at(MaternKernel{nu, {}}, 1e-300) == Approx(1.0));
    CHECK(at(MaternKernel{nu, {}}, 1e150) == 0.0);
  }
}

TEST_CASE("Matern kernels tend to the Gaussian", "[kernel]") {
  for (const double r : {0.01, 0.5, 1.0, 3.0}) {
    const double gaussian = std::exp(-0.5 * r * r);
    CHECK(at(MaternKernel{1e8, {}}, r) == Approx(gaussian).epsilon(1e-6));
    // The first correction, r^2 (r^2 - 4) / (8 nu), shows at 1e4.
    const double corrected = gaussian * (1.0 + r * r * (r * r - 4.0) / 8e4);
    CHECK(at(MaternKernel{1e4, {}}, r) == Approx(corrected).epsilon(1e-6));
  }
}

TEST_CASE("half-integer Matern kernels have their textbook polynomials", "[kernel]") {
  for (const double r : {1e-9, 0.3, 1.0, 4.0, 700.0}) {
    const double t3 = std::sqrt(3.0) * r;
    const double t5 = std::sqrt(5.0) * r;
    CHECK(at(MaternKernel{0.5, {}}, r) == Approx(std::exp(-r)).epsilon(1e-14));
    CHECK(at(MaternKernel{1.5, {}}, r) == Approx((1.0 + t3) * std::exp(-t3)).epsilon(1e-13));
    CHECK(at(MaternKernel{2.5, {}}, r) ==
          Approx((1.0 + t5 + t5 * t5 / 3.0) * std::exp(-t5)).epsilon(1e-13));
  }
}

TEST_CASE("the other scale mixtures have their formulas", "[kernel]") {
  for (const double r : {0.0, 1e-8, 0.3, 1.0, 4.0, 1e4}) {
    CHECK(at(LaplacianKernel{}, r) == Approx(std::exp(-r)).epsilon(1e-14));
    CHECK(at(CauchyKernel{Isotropic{2.0}}, r) == Approx(1.0 / (1.0 + r * r / 4.0)).epsilon(1e-14));
    for (const double alpha : {0.2, 1.0, 3.5, 1e12}) {
      CHECK(at(RationalQuadraticKernel{alpha, {}}, r) ==
            Approx(std::exp(-alpha * std::log1p(r * r / (2.0 * alpha)))).epsilon(1e-13));
    }
    for (const double alpha : {0.2, 1.0, 1.5, 2.0}) {
      CHECK(at(ExponentiatedPowerKernel{alpha, {}}, r) ==
            Approx(std::exp(-std::pow(r, alpha))).epsilon(1e-12).margin(1e-300));
      CHECK(at(GeneralisedCauchyKernel{alpha, 0.7, {}}, r) ==
            Approx(std::pow(1.0 + std::pow(r, alpha), -0.7)).epsilon(1e-12));
    }
  }
}

TEST_CASE("kernels that coincide coincide", "[kernel]") {
  for (const double r : {0.1, 1.0, 3.0}) {
    CHECK(at(MaternKernel{0.5, {}}, r) == Approx(at(LaplacianKernel{}, r)).epsilon(1e-14));
    CHECK(at(ExponentiatedPowerKernel{1.0, {}}, r) == Approx(at(LaplacianKernel{}, r)));
    CHECK(at(ExponentiatedPowerKernel{2.0, Isotropic{std::sqrt(2.0)}}, r) ==
          Approx(at(GaussianKernel{}, r)));
    CHECK(at(GeneralisedCauchyKernel{2.0, 1.0, {}}, r) == Approx(at(CauchyKernel{}, r)));
    CHECK(at(RationalQuadraticKernel{1.0, Isotropic{std::sqrt(0.5)}}, r) ==
          Approx(at(CauchyKernel{}, r)));
  }
}

TEST_CASE("close rows far from the origin keep their digits", "[kernel]") {
  const std::array x{1e8};
  const std::array y{1e8 + 1.0};
  CHECK(evaluate(LaplacianKernel{}, x.data(), y.data(), 1) ==
        Approx(std::exp(-1.0)).epsilon(1e-14));
}

TEST_CASE("options that make no scale mixture are refused by name", "[kernel]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {0.0, -1.0, nan, infinity, 0.05}) {
    CHECK_THROWS_WITH(at(MaternKernel{bad, {}}, 1.0), Contains("matern: nu is"));
  }
  for (const double bad : {0.0, -1.0, nan, infinity}) {
    CHECK_THROWS_WITH(at(RationalQuadraticKernel{bad, {}}, 1.0),
                      Contains("rational-quadratic: alpha is"));
    CHECK_THROWS_WITH(at(GeneralisedCauchyKernel{1.0, bad, {}}, 1.0),
                      Contains("generalised-cauchy: beta is"));
  }
  for (const double bad : {0.0, 0.1, 2.1, nan, infinity, -1.0}) {
    CHECK_THROWS_WITH(at(ExponentiatedPowerKernel{bad, {}}, 1.0),
                      Contains("exponentiated-power: alpha is"));
    CHECK_THROWS_WITH(at(GeneralisedCauchyKernel{bad, 1.0, {}}, 1.0),
                      Contains("generalised-cauchy: alpha is"));
  }
  for (const double bad : {0.0, -1.0, nan}) {
    CHECK_THROWS_WITH(at(MaternKernel{1.5, Isotropic{bad}}, 1.0), Contains("matern: lengthscale"));
    CHECK_THROWS_WITH(at(LaplacianKernel{Isotropic{bad}}, 1.0), Contains("laplacian: lengthscale"));
    CHECK_THROWS_WITH(at(CauchyKernel{Isotropic{bad}}, 1.0), Contains("cauchy: lengthscale"));
  }
}
