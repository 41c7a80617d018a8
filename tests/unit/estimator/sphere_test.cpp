// SPDX-License-Identifier: Apache-2.0
#include "estimator/sphere.hpp"

#include "oracle.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace bochner;

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
      CHECK(log_error(positive.variance, positive.log_scale, one.variance) < 1e-12);
      CHECK(log_error(positive.block, positive.log_scale, one.block) < 1e-12);
      if (d == 1.0) continue;
      const auto both = exponential_moments(d, S, true);
      const SphereMoments hyperbolic = sphere_hyperbolic(d, s);
      CHECK(log_error(hyperbolic.variance, hyperbolic.log_scale, both.variance) < 1e-12);
      CHECK(log_error(hyperbolic.block, hyperbolic.log_scale, both.block) < 1e-12);
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
