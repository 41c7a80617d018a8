// SPDX-License-Identifier: Apache-2.0
#include "estimator/kummer.hpp"

#include "oracle.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace bochner;
using namespace bochner::estimator;

namespace {
constexpr double kDims[] = {1, 2, 3, 4, 7, 8, 16, 17, 64, 100, 1024};
}

TEST_CASE("Kummer's function at (d; d/2): golden values", "[kummer]") {
  const struct {
    double d, x, value;
  } golden[] = {
      {3, 0.5, 2.5133576683031},    {3, -0.5, 0.31880538524823},  {4, 0.5, 2.5417786256627},
      {4, -0.5, 0.32853744067768},  {4, -2, -0.045111761078871},  {16, 0.5, 2.6503451865498},
      {16, -0.5, 0.35666085386538}, {16, -2, 0.0077526064471754}, {64, 0.5, 2.6983450578029}};
  // Printed to 14 digits.
  for (const auto& g : golden) {
    CHECK(kummer_moment(g.d, g.x).value() == Approx(g.value).epsilon(1e-13));
  }
  for (const double x : {-30.0, -2.0, -1e-3, 0.0, 1e-9, 0.3, 5.0, 600.0}) {
    CAPTURE(x);
    CHECK(kummer_moment(2.0, x).value() ==
          Approx(std::exp(x) * (1.0 + x)).epsilon(1e-13).margin(1e-15));
  }
}

TEST_CASE("Kummer's function at (d; d/2): Laguerre form for even d", "[kummer]") {
  for (const int n : {1, 2, 3, 8, 20}) {
    for (const double x : {0.1, 1.0, 4.0, 15.0}) {
      CAPTURE(n, x);
      const double front =
          std::exp(std::lgamma(n + 1.0) + std::lgamma(n) - std::lgamma(2.0 * n) - x);
      const double laguerre =
          std::assoc_laguerre(static_cast<unsigned>(n), static_cast<unsigned>(n - 1), x);
      CHECK(kummer_moment(2.0 * n, -x).value() == Approx(front * laguerre).margin(1e-12));
    }
  }
}

TEST_CASE("moments of orthogonal rows agree with sixty digits", "[kummer]") {
  for (const double d : kDims) {
    for (double log_x = -12.0; log_x <= 4.0; log_x += 0.5) {
      const double x = std::pow(10.0, log_x);
      CAPTURE(d, x);
      const oracle::Real X = x;
      const oracle::Real moment = oracle::kummer(d, X);
      const Scaled computed = kummer_moment(d, x);
      const double log_moment = static_cast<double>(oracle::Real(log(moment)));
      CHECK(std::abs(computed.log_magnitude() - log_moment) < 1e-14 * std::max(1.0, log_moment));

      if (d == 1.0) continue;  // a block of one row has no pairs
      const oracle::Real deficit = 1 - moment * exp(-2 * X);
      CHECK(oracle::relative_error(orthogonal_deficit(d, x), deficit) < 1e-13);

      const oracle::Real covariance = oracle::kummer(d, -X) - exp(-2 * X);
      const oracle::Real root = 1 - exp(-2 * X);
      const oracle::Real row_variance = root * root / 2;
      const oracle::Real error = orthogonal_cosine_covariance(d, x) - covariance;
      CHECK(abs(error) < 1e-15 * row_variance);

      // The variance of a block's mean, of which 3 / (d + 2) is left as x -> 0.
      const double row = 0.5 * std::pow(std::expm1(-2.0 * x), 2);
      CHECK(oracle::relative_error(row + (d - 1.0) * orthogonal_cosine_covariance(d, x),
                                   oracle::Real(row_variance + (d - 1) * covariance)) < 1e-12);
    }
  }
}

TEST_CASE("the cosine covariance is accurate where a difference would have no digit", "[kummer]") {
  // At |v|^2 = 1e-6, d = 4 the plain difference keeps three digits; at 1e-9 none.
  CHECK(orthogonal_cosine_covariance(4.0, 0.5e-6) == Approx(-8.33332707e-14).epsilon(1e-8));
  CHECK(orthogonal_cosine_covariance(4.0, 0.5e-9) == Approx(-1e-18 / 12.0).epsilon(1e-8));
}

TEST_CASE("orthogonality takes away from positive features, always", "[kummer]") {
  for (const double d : {2.0, 3.0, 5.0, 16.0, 64.0, 256.0}) {
    for (double log_x = -3.0; log_x <= 1.5; log_x += 0.25) {
      const double x = std::pow(10.0, log_x);
      CAPTURE(d, x);
      CHECK(orthogonal_deficit(d, x) > 0.0);
      // [Choromanski21, thm 2] bounds the gain from below; in units of the squared mean:
      const double bound = 2.0 / (d + 2.0) * std::pow(-std::expm1(-x), 2);
      CHECK(orthogonal_deficit(d, x) >= bound);
    }
  }
}

TEST_CASE("moments of orthogonal rows agree with the finite sum up to 1e8", "[kummer]") {
  // M(2n; n; x) = e^x sum_{k <= n} (-n)_k / (n)_k (-x)^k / k!, exact for whole n; and by the terms
  // around the largest one in logarithms for the others, whose number is that of a few deviations.
  using R = oracle::Float<100>;
  const auto log_moment = [](int d, const R& x) -> R {
    const R n = R(d) / 2;
    if (d % 2 == 0) {
      R term = 1;
      R sum = 1;
      for (int k = 0; k < d / 2; ++k) {
        term *= (n - k) * x / ((n + k) * (k + 1));
        sum += term;
      }
      return x + log(sum);
    }
    const R deviation = sqrt(x + d);
    const R low = x + n / 2 - 16 * deviation;
    const long first = low > 0 ? static_cast<long>(low) : 0;
    const R k0 = first;
    R log_first =
        lgamma(d + k0) - lgamma(R(d)) - lgamma(n + k0) + lgamma(n) + k0 * log(x) - lgamma(k0 + 1);
    R term = 1;
    R sum = 1;
    for (long k = first;; ++k) {
      const R ratio = (d + k) * x / ((n + k) * R(k + 1));
      term *= ratio;
      sum += term;
      if (ratio < 1 && term < sum * R(1e-40)) break;
    }
    return log_first + log(sum);
  };
  for (const int d : {1, 2, 3, 8, 64, 512}) {
    for (const double x : {1e-8, 1e-4, 1.0, 59.0, 61.0, 100.0, 511.0, 513.0, 1e4, 1e6, 1e8}) {
      if (d % 2 != 0 && x > 1e6) continue;  // a minute of the oracle's
      CAPTURE(d, x);
      const R exact = log_moment(d, R(x));
      const auto expected = static_cast<double>(exact);
      CHECK(std::abs(kummer_moment(d, x).log_magnitude() - expected) <=
            1e-14 * std::max(10.0, expected));
      if (d > 1) {
        CHECK(orthogonal_deficit(d, x) ==
              Approx(static_cast<double>(R(1 - exp(exact - 2 * R(x))))).epsilon(1e-13));
      }
    }
  }
}

TEST_CASE("huge arguments neither hang nor overflow", "[kummer]") {
  for (const double d : {1.0, 2.0, 3.0, 16.0, 1025.0}) {
    for (const double x : {1e17, 1e20, 1e100, 1e300}) {
      CAPTURE(d, x);
      CHECK(orthogonal_deficit(d, x) == 1.0);
      CHECK(std::abs(orthogonal_cosine_covariance(d, x)) < 1e-8);
      // Gamma(n) / Gamma(2n) e^x x^n, n = d/2
      const double n = 0.5 * d;
      CHECK(kummer_moment(d, x).log_magnitude() ==
            Approx(x + n * std::log(x) + std::lgamma(n) - std::lgamma(d)).epsilon(1e-14));
    }
  }
}
