// SPDX-License-Identifier: Apache-2.0
#include "kernel/rectifier.hpp"

#include <boost/math/quadrature/gauss.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace bochner::kernels {
namespace {

using std::numbers::inv_pi;
using std::numbers::pi;

/// Below this opening pi - t the closed forms cancel.
constexpr double kNarrow = 0.5;

/// The angle between two rows that are not zero.
double angle(double uv, double uu, double vv) {
  const double product = uu * vv;  // of equal rows an exact square
  const double length = std::isnormal(product) ? std::sqrt(product) : std::sqrt(uu) * std::sqrt(vv);
  return std::acos(std::clamp(uv / length, -1.0, 1.0));
}

double power(double base, int exponent) {
  double out = 1.0;
  for (int i = 0; i < exponent; ++i) out *= base;
  return out;
}

/// E max(g, 0)^p over a standard normal g.
double half_moment(int p) {
  return std::exp2(0.5 * p - 1.0) * std::tgamma(0.5 * (p + 1)) * std::numbers::inv_sqrtpi;
}

/// E max(g, 0)^p max(h, 0)^q for standard normals at the angle t, in polar coordinates: the radius
/// apart, an integral over the directions that both see, of a positive trigonometric polynomial.
double wedge_moment(int p, int q, double t) {
  const double opening = pi - t;
  const auto integrand = [&](double s) {
    return power(std::cos(s), p) * power(std::cos(t - s), q);
  };
  const double integral = boost::math::quadrature::gauss<double, 30>::integrate(
      integrand, 0.5 * pi - opening, 0.5 * pi);
  const double half = 0.5 * (p + q);
  return std::exp2(half) * std::tgamma(half + 1.0) * 0.5 * inv_pi * integral;
}

/// The same for p = q = order, up to 2.
double equal_moment(int order, double t) {
  const double opening = pi - t;
  if (order == 0) return 0.5 * inv_pi * opening;
  if (opening < kNarrow) return wedge_moment(order, order, t);
  const double sine = std::sin(t);
  const double cosine = std::cos(t);
  if (order == 1) return 0.5 * inv_pi * (sine + opening * cosine);
  return 0.5 * inv_pi * (3.0 * sine * cosine + opening * (1.0 + 2.0 * cosine * cosine));
}

/// E max(w.u, 0)^p, 0 for a row of zeros.
double single_moment(int p, double uu) {
  return uu > 0.0 ? half_moment(p) * power(std::sqrt(uu), p) : 0.0;
}

}  // namespace

void rectified_values(const Rectifier& f, const double* uv, double uu, const double* vv,
                      double* out, Index count) {
  const double here = f.offset == 0.0 ? 0.0 : single_moment(f.order, uu);
  for (Index j = 0; j < count; ++j) {
    double value = 0.0;
    if (uu > 0.0 && vv[j] > 0.0) {
      value = power(std::sqrt(uu) * std::sqrt(vv[j]), f.order) *
              equal_moment(f.order, angle(uv[j], uu, vv[j]));
    }
    value *= f.factor * f.factor;
    if (f.offset != 0.0) {
      value += f.factor * f.offset * (here + single_moment(f.order, vv[j])) + f.offset * f.offset;
    }
    out[j] = value;
  }
}

double rectified_moment(const Rectifier& f, int k, double uv, double uu, double vv) {
  const int n = f.order;
  const bool zero = !(uu > 0.0 && vv > 0.0);
  const double t = zero ? 0.0 : angle(uv, uu, vv);
  // E a^i b^j with a = factor max(w.u, 0)^n and b the same of v.
  const auto moment = [&](int i, int j) {
    const double factor = power(f.factor, i + j);
    if (j == 0) return factor * (i == 0 ? 1.0 : single_moment(i * n, uu));
    if (i == 0) return factor * single_moment(j * n, vv);
    if (zero) return 0.0;
    return factor * power(std::sqrt(uu), i * n) * power(std::sqrt(vv), j * n) *
           wedge_moment(i * n, j * n, t);
  };
  // (a + c)^k (b + c)^k
  double sum = 0.0;
  double choose_i = 1.0;
  for (int i = 0; i <= k; ++i) {
    double choose_j = 1.0;
    for (int j = 0; j <= k; ++j) {
      const double weight = choose_i * choose_j * power(f.offset, 2 * k - i - j);
      if (weight != 0.0) sum += weight * moment(i, j);
      choose_j *= static_cast<double>(k - j) / (j + 1);
    }
    choose_i *= static_cast<double>(k - i) / (i + 1);
  }
  return sum;
}

}  // namespace bochner::kernels
