// SPDX-License-Identifier: Apache-2.0
#include "kernel/rectifier.hpp"

#include <bochner/core/error.hpp>
#include <bochner/kernel/kernel.hpp>

#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

// Arc-cosine and angular kernels against Cho and Saul's integral.

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

using std::numbers::pi;

/// k between rows of lengths a and b at an angle t.
double at(const Kernel& kernel, double a, double b, double t) {
  const std::array x{a, 0.0};
  const std::array y{b * std::cos(t), b * std::sin(t)};
  return evaluate(kernel, x.data(), y.data(), 2);
}

/// J_n(t) = n! sin^(2n + 1) t int_0^(pi/2) cos^n s / (1 - cos t cos s)^(n + 1) ds [ChoSaul09].
double cho_saul(int n, double t) {
  const auto integrand = [&](double s) {
    return std::pow(std::cos(s), n) / std::pow(1.0 - std::cos(t) * std::cos(s), n + 1);
  };
  const double integral =
      boost::math::quadrature::gauss_kronrod<double, 61>::integrate(integrand, 0.0, pi / 2, 15);
  return std::tgamma(n + 1.0) * std::pow(std::sin(t), 2 * n + 1) * integral;
}

}  // namespace

TEST_CASE("arc-cosine kernels are Cho and Saul's integral", "[kernel]") {
  for (const int n : {0, 1, 2}) {
    for (const double t : {0.05, 0.3, 1.0, pi / 2, 2.0, 2.64, 2.65, 3.0, 3.1}) {
      INFO("order " << n << ", angle " << t);
      const double expected = std::pow(1.5 * 0.4, n) * cho_saul(n, t) / pi;
      // What an angle near pi loses on its way through a cosine: eps / (pi - t)^2.
      const double lost = 1e-15 * (2 * n + 1) / std::pow(pi - t, 2);
      CHECK(at(ArcCosineKernel{n, 0.0, {}}, 1.5, 0.4, t) == Approx(expected).epsilon(1e-12 + lost));
    }
    // J_n(0) = pi (2n - 1)!!, and J_n(pi) = 0.
    CHECK(at(ArcCosineKernel{n, 0.0, {}}, 2.0, 2.0, 0.0) ==
          Approx(std::pow(4.0, n) * (n == 2 ? 3.0 : 1.0)).epsilon(1e-14));
    const std::array x{1.0, 2.0, 3.0};
    const std::array opposite{-1.0, -2.0, -3.0};
    CHECK(std::abs(evaluate(ArcCosineKernel{n, 0.0, {}}, x.data(), opposite.data(), 3)) < 1e-7);
  }
}

TEST_CASE("the angular kernel is linear in the angle", "[kernel]") {
  for (const double t : {0.3, 1.0, pi / 2, 2.0, 3.0}) {
    CHECK(at(AngularKernel{}, 3.0, 0.1, t) == Approx(1.0 - 2.0 * t / pi).margin(1e-14));
    CHECK(at(AngularKernel{Isotropic{7.0}}, 1e-30, 1e30, t) ==
          Approx(at(AngularKernel{}, 1.0, 1.0, t)).margin(1e-14));
  }
  const std::array x{0.1, 0.7, -3.3};
  CHECK(evaluate(AngularKernel{}, x.data(), x.data(), 3) == 1.0);
}

TEST_CASE("an offset adds what math says", "[kernel]") {
  // (1/2) k_1 + eps (|x| + |y|) / sqrt(2 pi) + eps^2, twice.
  for (const double eps : {0.0, 1e-3, 0.5}) {
    const double half = 0.5 * at(ArcCosineKernel{}, 1.5, 0.4, 1.0) +
                        eps * (1.5 + 0.4) / std::sqrt(2.0 * pi) + eps * eps;
    CHECK(at(ArcCosineKernel::relu_attention(eps), 1.5, 0.4, 1.0) ==
          Approx(2.0 * half).epsilon(1e-14));
  }
  CHECK(at(ArcCosineKernel{0, 0.2, {}}, 1.0, 1.0, 1.0) ==
        Approx((pi - 1.0) / pi + std::sqrt(2.0) * 0.2 + 0.04).epsilon(1e-14));
}

TEST_CASE("a metric turns and stretches before the angle is taken", "[kernel]") {
  const std::array x{1.0, 2.0};
  const std::array y{-0.5, 1.0};
  const std::array u{0.5, 0.5};  // x / (2, 4)
  const std::array v{-0.25, 0.25};
  CHECK(evaluate(ArcCosineKernel{1, 0.0, Diagonal{{2.0, 4.0}}}, x.data(), y.data(), 2) ==
        Approx(evaluate(ArcCosineKernel{}, u.data(), v.data(), 2)).epsilon(1e-14));
}

TEST_CASE("rows of zeros have no angle, and a value all the same", "[kernel]") {
  const std::array zero{0.0, 0.0};
  const std::array x{3.0, 4.0};
  for (const int n : {0, 1, 2}) {
    CHECK(evaluate(ArcCosineKernel{n, 0.0, {}}, zero.data(), x.data(), 2) == 0.0);
    CHECK(evaluate(ArcCosineKernel{n, 0.0, {}}, zero.data(), zero.data(), 2) == 0.0);
  }
  CHECK(evaluate(ArcCosineKernel{1, 0.5, {}}, zero.data(), x.data(), 2) ==
        Approx(0.25 + std::sqrt(2.0) * 0.5 * 5.0 / std::sqrt(2.0 * pi)));
  CHECK(evaluate(AngularKernel{}, zero.data(), x.data(), 2) == 0.0);
  CHECK(evaluate(AngularKernel{}, zero.data(), zero.data(), 2) == 1.0);
}

TEST_CASE("the second moment of a rectified row is 2 k_2n, 1 for signs", "[kernel]") {
  for (const double t : {0.0, 0.2, 1.0, 2.0, 3.0}) {
    const double uv = 1.5 * 0.4 * std::cos(t);
    for (const int n : {0, 1, 2}) {
      const Rectifier f{.order = n, .factor = std::sqrt(2.0), .offset = 0.0};
      const double expected = 2.0 * std::pow(0.6, 2 * n) / pi *
                              (t == 0.0 ? pi * (n == 2   ? 105.0
                                                : n == 1 ? 3.0
                                                         : 1.0)
                                        : cho_saul(2 * n, t));
      CHECK(kernels::rectified_moment(f, 2, uv, 2.25, 0.16) == Approx(expected).epsilon(1e-11));
    }
    const Rectifier sign{.order = 0, .factor = 2.0, .offset = -1.0};
    CHECK(kernels::rectified_moment(sign, 2, uv, 2.25, 0.16) == Approx(1.0).epsilon(1e-13));
  }
  // With an offset against a plain sum over the directions of the plane and the radius apart.
  const Rectifier f{.order = 1, .factor = 1.2, .offset = 0.3};
  for (const int k : {1, 2, 3, 4}) {
    double sum = 0.0;
    constexpr int kRings = 400;
    constexpr int kDirections = 20000;
    for (int ring = 0; ring < kRings; ++ring) {
      const double radius = 12.0 * (ring + 0.5) / kRings;
      const double mass = radius * std::exp(-0.5 * radius * radius) * 12.0 / kRings / kDirections;
      for (int i = 0; i < kDirections; ++i) {
        const double s = 2.0 * pi * (i + 0.5) / kDirections;
        const double a = 1.2 * std::max(1.5 * radius * std::cos(s), 0.0) + 0.3;
        const double b = 1.2 * std::max(0.4 * radius * std::cos(s - 2.0), 0.0) + 0.3;
        sum += mass * std::pow(a * b, k);
      }
    }
    CHECK(kernels::rectified_moment(f, k, 0.6 * std::cos(2.0), 2.25, 0.16) ==
          Approx(sum).epsilon(2e-4));
  }
}

TEST_CASE("options that make no rectified kernel are refused by name", "[kernel]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const int bad : {-1, 3, 1000}) {
    CHECK_THROWS_WITH(at(ArcCosineKernel{bad, 0.0, {}}, 1, 1, 1),
                      Contains("arc-cosine: order is") && Contains("0 to 2"));
  }
  for (const double bad : {nan, std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH(at(ArcCosineKernel{1, bad, {}}, 1, 1, 1), Contains("arc-cosine: offset is"));
    CHECK_THROWS_WITH(ArcCosineKernel::relu_attention(bad), Contains("epsilon is"));
  }
  CHECK_THROWS_WITH(ArcCosineKernel::relu_attention(-0.1), Contains("epsilon is -0.1"));
  CHECK_THROWS_WITH(at(AngularKernel{Isotropic{0.0}}, 1, 1, 1), Contains("angular: lengthscale"));
}
