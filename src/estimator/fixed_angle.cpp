// SPDX-License-Identifier: Apache-2.0
#include "estimator/fixed_angle.hpp"

#include "estimator/kummer.hpp"

#include <boost/math/quadrature/gauss.hpp>

#include <algorithm>
#include <cmath>

namespace bochner {
namespace {

using Extended = long double;

/// E f(sin p). The density of p is symmetric about pi/2 and, beyond nine of its standard
/// deviations, nothing: between these the integrand is analytic and thirty Gauss-Legendre nodes
/// are exact to working accuracy. Weights are normalised by the same rule.
template <class F>
Extended mean_over_shares(double d, const F& f) {
  using Rule = boost::math::quadrature::gauss<Extended, 30>;
  constexpr Extended kHalfPi = 1.57079632679489661923L;
  const Extended half_width = std::min(kHalfPi, 9 / std::sqrt(static_cast<Extended>(d))) / 2;
  Extended total = 0;
  Extended sum = 0;
  const auto add = [&](Extended node, Extended weight) {
    const Extended sine = std::cos(half_width * (1 + node));
    const Extended mass = weight * std::pow(sine, static_cast<Extended>(d) - 1);
    total += mass;
    sum += mass * f(sine);
  };
  for (std::size_t i = 0; i < Rule::abscissa().size(); ++i) {
    add(Rule::abscissa()[i], Rule::weights()[i]);
    add(-Rule::abscissa()[i], Rule::weights()[i]);
  }
  return sum / total;
}

/// M(d; d/2; x) exp(-2 unit).
Extended scaled_moment(double d, double x, double unit) {
  const Scaled moment = kummer_moment(d, x);
  return static_cast<Extended>(moment.mantissa) *
         std::exp(static_cast<Extended>(moment.log_scale) - 2 * static_cast<Extended>(unit));
}

}  // namespace

long double fixed_angle_deficit(double d, double c, double x) {
  return mean_over_shares(d, [&](Extended sine) {
    // 1 - e^{y} (1 - D(x (1 + c sin p))), y = 2 x c sin p <= 0: two non-negative terms.
    const Extended tilt = static_cast<Extended>(c) * sine;
    const Extended y = 2 * static_cast<Extended>(x) * tilt;
    const auto stretched = static_cast<double>(static_cast<Extended>(x) * (1 + tilt));
    return -std::expm1(y) + std::exp(y) * static_cast<Extended>(orthogonal_deficit(d, stretched));
  });
}

long double fixed_angle_even_deficit(double d, double c, double x) {
  return mean_over_shares(d, [&](Extended sine) {
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
  return mean_over_shares(d, [&](Extended sine) {
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

}  // namespace bochner
