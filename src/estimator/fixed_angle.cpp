// SPDX-License-Identifier: Apache-2.0
#include "estimator/fixed_angle.hpp"

#include "estimator/kummer.hpp"

#include <boost/math/quadrature/gauss.hpp>

#include <algorithm>
#include <cmath>

namespace bochner::estimator {
namespace {

using Extended = long double;

/// E f(sin p), where f varies by a factor of e^{sharpness (1 - sin p)} at most. The density of p is
/// symmetric about pi/2 and, beyond nine of its standard deviations, nothing. The half of it is cut
/// into panels that double in width, the first no wider than f's features at pi/2: on each the
/// integrand is analytic and thirty Gauss-Legendre nodes are exact to working accuracy. Weights are
/// normalised by the same rule.
template <class F>
Extended mean_over_shares(double d, Extended sharpness, const F& f) {
  using Rule = boost::math::quadrature::gauss<Extended, 30>;
  constexpr Extended kHalfPi = 1.57079632679489661923L;
  constexpr Extended kDeviations = 9;
  const Extended end = std::min(kHalfPi, kDeviations / std::sqrt(static_cast<Extended>(d)));
  Extended total = 0;
  Extended sum = 0;
  const auto add = [&](Extended angle, Extended weight) {
    const Extended sine = std::cos(angle);
    const Extended mass = weight * std::pow(sine, static_cast<Extended>(d) - 1);
    total += mass;
    sum += mass * f(sine);
  };
  Extended first = 0;
  Extended last = std::min(end, kDeviations / std::sqrt(sharpness));
  while (first < end) {
    const Extended centre = (first + last) / 2;
    const Extended radius = (last - first) / 2;
    for (std::size_t i = 0; i < Rule::abscissa().size(); ++i) {
      add(centre + radius * Rule::abscissa()[i], radius * Rule::weights()[i]);
      add(centre - radius * Rule::abscissa()[i], radius * Rule::weights()[i]);
    }
    first = last;
    last = std::min(end, 2 * last);
  }
  return sum / total;
}

/// Of functions of x (1 +- c sin p), to the exponent of which x contributes at most twice.
Extended sharpness_of(double c, double x) {
  return 2 * std::abs(static_cast<Extended>(c)) * static_cast<Extended>(x);
}

/// M(d; d/2; x) exp(-2 unit).
Extended scaled_moment(double d, double x, double unit) {
  const Scaled moment = kummer_moment(d, x);
  return static_cast<Extended>(moment.mantissa) *
         std::exp(static_cast<Extended>(moment.log_scale) - 2 * static_cast<Extended>(unit));
}

}  // namespace

long double fixed_angle_deficit(double d, double c, double x) {
  return mean_over_shares(d, sharpness_of(c, x), [&](Extended sine) {
    // 1 - e^{y} (1 - D(x (1 + c sin p))), y = 2 x c sin p <= 0: two non-negative terms.
    const Extended tilt = static_cast<Extended>(c) * sine;
    const Extended y = 2 * static_cast<Extended>(x) * tilt;
    const auto stretched = static_cast<double>(static_cast<Extended>(x) * (1 + tilt));
    return -std::expm1(y) + std::exp(y) * static_cast<Extended>(orthogonal_deficit(d, stretched));
  });
}

long double fixed_angle_even_deficit(double d, double c, double x) {
  return mean_over_shares(d, sharpness_of(c, x), [&](Extended sine) {
    const Extended tilt = static_cast<Extended>(c) * sine;
    const Extended y = 2 * static_cast<Extended>(x) * tilt;
    const auto narrow = static_cast<double>(static_cast<Extended>(x) * (1 + tilt));
    const auto wide = static_cast<double>(static_cast<Extended>(x) * (1 - tilt));
    if (y < -1) return 1 - (scaled_moment(d, narrow, x) + scaled_moment(d, wide, x)) / 2;
    const Extended sine_half = std::sinh(y / 2);
    return (std::exp(y) * static_cast<Extended>(orthogonal_deficit(d, narrow)) +
            std::exp(-y) * static_cast<Extended>(orthogonal_deficit(d, wide))) /
               2 -
           2 * sine_half * sine_half;
  });
}

long double fixed_angle_cosine_covariance(double d, double c, double x) {
  return mean_over_shares(d, sharpness_of(c, x), [&](Extended sine) {
    const Extended tilt = static_cast<Extended>(c) * sine;
    const Extended y = -2 * static_cast<Extended>(x) * tilt;
    const auto narrow = static_cast<double>(static_cast<Extended>(x) * (1 + tilt));
    const auto wide = static_cast<double>(static_cast<Extended>(x) * (1 - tilt));
    const Extended loss = std::expm1(-y);
    return (static_cast<Extended>(orthogonal_cosine_covariance(d, narrow)) +
            static_cast<Extended>(orthogonal_cosine_covariance(d, wide)) +
            std::exp(y - 2 * static_cast<Extended>(x)) * loss * loss) /
           2;
  });
}

}  // namespace bochner::estimator
