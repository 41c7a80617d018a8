// SPDX-License-Identifier: Apache-2.0
#include "estimator/sphere.hpp"

#include "oracle.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace bochner;
using namespace bochner::estimator;

namespace {

constexpr double kDims[] = {1, 2, 3, 4, 7, 8, 16, 64, 100, 1024};

template <class R>
struct Exact {
  R variance, block;
};

template <class R>
R cosine(double d, const R& s) {
  return oracle::sphere_mean<R>(d, -d * s / 4);
}
template <class R>
R exponential(double d, const R& s) {
  return oracle::sphere_mean<R>(d, d * s / 4);
}

template <class R>
Exact<R> trigonometric_moments(double d, const R& s) {
  const R square = cosine<R>(d, s) * cosine<R>(d, s);
  const R variance = (1 + cosine<R>(d, 4 * s)) / 2 - square;
  return {variance, variance + (d - 1) * (cosine<R>(d, 2 * s) - square)};
}

template <class R>
Exact<R> exponential_moments(double d, const R& s, bool even) {
  const R square = exponential<R>(d, s) * exponential<R>(d, s);
  const R second = exponential<R>(d, 4 * s);
  const R variance = (even ? R((1 + second) / 2) : second) - square;
  return {variance, variance + (d - 1) * (exponential<R>(d, 2 * s) - square)};
}

double log_error(double mantissa, double log_scale, const oracle::Wide& exact) {
  if (exact == 0) return mantissa == 0.0 ? 0.0 : INFINITY;
  const double log_exact = static_cast<double>(oracle::Wide(log(exact)));
  const double error = std::abs(std::log(mantissa) + log_scale - log_exact);
  return error / std::max(1.0, std::abs(log_exact));
}

}  // namespace

TEST_CASE("rows on the sphere: means and biases", "[sphere]") {
  for (const double d : kDims) {
    for (double log_s = -12.0; log_s <= 2.0; log_s += 0.5) {
      const double s = std::pow(10.0, log_s);
      CAPTURE(d, s);
      const oracle::Wide S = s;
      const oracle::Wide mean = cosine(d, S);
      CHECK(std::abs(sphere_cosine(d, s) - static_cast<double>(mean)) < 1e-15);
      const oracle::Wide bias = mean - exp(-S / 2);
      CHECK(std::abs(sphere_cosine_bias(d, s) - static_cast<double>(bias)) <
            1e-15 * std::min(1.0, s * s / d));
      const oracle::Wide relative = exponential(d, S) * exp(-S / 2) - 1;
      CHECK(oracle::relative_error(sphere_exponential_bias(d, s), relative) < 1e-13);
    }
  }
}

TEST_CASE("rows on the sphere: variances of a row and of a block", "[sphere]") {
  for (const double d : kDims) {
    for (double log_s = -12.0; log_s <= 2.0; log_s += 1.0) {
      const double s = std::pow(10.0, log_s);
      CAPTURE(d, s);
      const oracle::Wide S = s;
      const auto exact = trigonometric_moments(d, S);
      const SphereMoments trig = sphere_trigonometric(d, s);
      if (d == 1.0) {
        CHECK(trig.variance == 0.0);
        CHECK(trig.block == 0.0);
      } else {
        CHECK(oracle::relative_error(trig.variance, exact.variance) < 1e-12);
        CHECK(oracle::relative_error(trig.block, exact.block) < 1e-12);
      }
      const auto one = exponential_moments(d, S, false);
      const SphereMoments positive = sphere_exponential(d, s);
      const double unit = positive.log_scale + 2.0 * std::sqrt(d * s);
      CHECK(log_error(positive.variance, unit, one.variance) < 1e-12);
      CHECK(log_error(positive.block, unit, one.block) < 1e-12);
      if (d == 1.0) continue;
      const auto both = exponential_moments(d, S, true);
      const SphereMoments hyperbolic = sphere_hyperbolic(d, s);
      CHECK(log_error(hyperbolic.variance, unit, both.variance) < 1e-12);
      CHECK(log_error(hyperbolic.block, unit, both.block) < 1e-12);
    }
  }
}

TEST_CASE("rows on the sphere: known transforms", "[sphere]") {
  // 0F1(; 1/2; -t^2/4) = cos t and 0F1(; 3/2; -t^2/4) = sin t / t.
  for (const double t : {1e-3, 0.5, 3.0, 40.0, 900.0, 1100.0, 5e4}) {
    CHECK(sphere_cosine(1.0, t * t) == Approx(std::cos(t)).margin(1e-15 + 2e-16 * t));
    CHECK(sphere_cosine(3.0, t * t / 3.0) == Approx(std::sin(t) / t).margin(2e-16));
    CHECK(sphere_cosine(2.0, t * t / 2.0) == Approx(std::cyl_bessel_j(0.0, t)).margin(1e-12));
  }
}

TEST_CASE("rows on the sphere: variances far out agree with Hankel's expansion", "[sphere]") {
  // I(t^2 / 4) = Gamma(n) (2/t)^{n-1} I_{n-1}(t), and I_v(t) ~ e^t / sqrt(2 pi t) (1 - (mu - 1) /
  // (8t) + (mu - 1)(mu - 9) / (2! (8t)^2) - ...), mu = 4 v^2.
  using R = oracle::Float<60>;
  const auto log_mean = [](double d, const R& t) -> R {
    const R n = R(d) / 2;
    const R mu = 4 * (n - 1) * (n - 1);
    R term = 1;
    R sum = 1;
    for (int k = 1; k <= 60; ++k) {
      term *= -(mu - (2 * k - 1) * (2 * k - 1)) / (k * 8 * t);
      sum += term;
    }
    const R pi = acos(R(-1));
    return lgamma(n) + (n - 1) * log(2 / t) + t - log(2 * pi * t) / 2 + log(sum);
  };
  for (const double d : {1.0, 2.0, 3.0, 8.0, 64.0, 512.0}) {
    for (const double s : {1e6, 1e8, 1e10}) {
      if (d > 64.0 && s < 1e8) continue;  // the expansion's digits end there
      CAPTURE(d, s);
      const R t = sqrt(R(d) * R(s));
      const R second = log_mean(d, 2 * t);
      const R square = exp(2 * log_mean(d, t) - second);
      const R pair = exp(log_mean(d, sqrt(R(2)) * t) - second);
      CHECK(sphere_log_exponential(d, s) ==
            Approx(static_cast<double>(R(log_mean(d, t) - t))).epsilon(1e-13));
      const SphereMoments one = sphere_exponential(d, s);
      CHECK(one.variance == Approx(static_cast<double>(R(1 - square))).epsilon(1e-12));
      CHECK(one.block ==
            Approx(static_cast<double>(R(1 - square + (d - 1) * (pair - square)))).epsilon(1e-12));
      CHECK(one.log_scale == Approx(static_cast<double>(R(second - 2 * t))).epsilon(1e-13));
      if (d == 1.0) continue;  // cosh of a constant
      CHECK(sphere_hyperbolic(d, s).variance ==
            Approx(static_cast<double>(R(R(1) / 2 - square))).epsilon(1e-12));
    }
  }
}

TEST_CASE("rows on the sphere: far out the answer stays finite and joins on", "[sphere]") {
  for (const double d : {2.0, 3.0, 8.0, 16.0}) {
    CAPTURE(d);
    const double s = 1e12 / d;  // where an expansion takes over
    for (const auto moments : {sphere_exponential, sphere_hyperbolic}) {
      const SphereMoments inside = moments(d, s * (1.0 - 1e-9));
      const SphereMoments outside = moments(d, s * (1.0 + 1e-9));
      CHECK(std::log(inside.variance) + inside.log_scale ==
            Approx(std::log(outside.variance) + outside.log_scale).epsilon(2.1e-9));
      CHECK(inside.block / inside.variance ==
            Approx(outside.block / outside.variance).epsilon(1e-11));
    }
    CHECK(std::isfinite(sphere_exponential(d, 1e40).log_scale));
    CHECK(std::abs(sphere_cosine(d, 1e40)) < 1e-9);
    CHECK(sphere_trigonometric(d, 1e40).variance == Approx(0.5));
  }
}

TEST_CASE("rows on the sphere: the quick cosine far out is the cosine", "[sphere]") {
  for (const double d : {1.0, 2.0, 3.0, 8.0, 30.0}) {
    const FarCosine far(d);
    int covered = 0;
    for (double s = 1.0; s < 2e6; s *= 1.37) {
      if (!far.covers(s)) continue;
      ++covered;
      const double t = std::sqrt(d * s);
      const double amplitude = std::exp(std::lgamma(0.5 * d) - 0.5 * std::log(M_PI) +
                                        0.5 * (d - 1.0) * std::log(2.0 / t));
      CAPTURE(d, s);
      const double expected = sphere_cosine(d, s);
      if (expected == 0.0) {
        CHECK(std::abs(far(s)) < std::exp(-45.0));
      } else {
        CHECK(std::abs(far(s) - expected) <= 4e-16 * t * amplitude + 1e-15 * amplitude);
      }
    }
    CHECK(covered > 10);
    CHECK_FALSE(far.covers(1.0));
  }
}

TEST_CASE("rows on the sphere: in one dimension cosh is a constant", "[sphere]") {
  for (double s = 0.1; s < 500.0; s += 0.1) {
    const SphereMoments moments = sphere_hyperbolic(1.0, s);
    CHECK(moments.variance == 0.0);
    CHECK(moments.block == 0.0);
  }
}
