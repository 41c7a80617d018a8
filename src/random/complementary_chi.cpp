// SPDX-License-Identifier: Apache-2.0
#include "random/complementary_chi.hpp"

#include "random/elementary.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace bochner {
namespace {

using elementary::exp;
using elementary::log;

constexpr double kPrecision = 0x1p-53;

/// log of x^a e^{-x} / Gamma(a), a >= 1.
double log_density(double a, double x) noexcept {
  // Gamma(a) = Gamma(b) / (a (a + 1) ... (b - 1)), and Stirling's series at b; what it leaves out
  // is below 1e-17.
  constexpr double kLarge = 16.0;
  constexpr std::array<double, 6> kStirling{1.0 / 12.0,    -1.0 / 360.0, 1.0 / 1260.0,
                                            -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360360.0};
  double b = a;
  double rising = 1.0;
  for (; b < kLarge; b += 1.0) rising *= b;
  const double inverse = 1.0 / b;
  const double series = inverse * elementary::detail::polynomial(kStirling, inverse * inverse);
  const double t = x / b;
  return log(rising) - (b - a) * log(x) + b * (log(t) - (t - 1.0)) +
         0.5 * log(b / (2.0 * std::numbers::pi)) - series;
}

/// Gamma(a) at x: P(X < x), P(X > x) and x times the density.
struct Tails {
  double lower;
  double upper;
  double density;
};

Tails tails(double a, double x) noexcept {
  const double density = exp(log_density(a, x));
  if (x < a + 1.0) {
    double term = 1.0 / a;
    double sum = term;
    for (double k = 1.0; term > kPrecision * sum; k += 1.0) sum += term *= x / (a + k);
    return {density * sum, 1.0 - density * sum, density};
  }
  // Legendre's continued fraction, by Lentz's method.
  constexpr double kTiny = 1e-300;
  double b = x + 1.0 - a;
  double c = 1.0 / kTiny;
  double d = 1.0 / b;
  double fraction = d;
  double factor = 2.0;
  for (double k = 1.0; std::abs(factor - 1.0) > 4.0 * kPrecision; k += 1.0) {
    const double numerator = -k * (k - a);
    b += 2.0;
    d = 1.0 / (numerator * d + b);
    c = b + numerator / c;
    factor = d * c;
    fraction *= factor;
  }
  return {1.0 - density * fraction, density * fraction, density};
}

/// Where Wilson and Hilferty's normal variable (x / a)^{1/3} has the opposite value, no further out
/// than twenty standard deviations: a start from which no iterate leaves the range of double.
double mirrored(double a, double x) noexcept {
  constexpr double kDeviations = 20.0;
  constexpr double kLeast = 0.1;
  const double centre = 1.0 - 1.0 / (9.0 * a);
  const double furthest = kDeviations / (3.0 * std::sqrt(a));
  const double shift = centre - exp(log(x / a) / 3.0);
  const double bounded = shift > furthest ? furthest : shift < -furthest ? -furthest : shift;
  const double root = centre + bounded > kLeast ? centre + bounded : kLeast;
  return a * root * root * root;
}

}  // namespace

double complementary_chi(double r, Index degrees) noexcept {
  const double a = 0.5 * static_cast<double>(degrees);
  constexpr double kLeast = 1e-280;
  const double x = 0.5 * r * r > kLeast ? 0.5 * r * r : kLeast;
  const Tails given = tails(a, x);
  const bool upper = given.lower < given.upper;  // the tail that is sought
  constexpr double kLeastTail = 1e-200;
  const double tail = upper ? given.lower : given.upper;
  const double target = log(tail > kLeastTail ? tail : kLeastTail);
  // log P(X > y) is concave in y, log P(X < y) in log y: Newton's iterates end up on one side.
  double y = mirrored(a, x);
  constexpr int kMost = 100;
  for (int i = 0; i < kMost; ++i) {
    const Tails here = tails(a, y);
    const double before = y;
    if (upper) {
      y += (log(here.upper) - target) * here.upper / here.density * y;
    } else {
      y *= exp((target - log(here.lower)) * here.lower / here.density);
    }
    constexpr double kSettled = 1e-10;  // and the next step would be of its square
    if (std::abs(y - before) <= kSettled * y) break;
  }
  return std::sqrt(2.0 * y);
}

}  // namespace bochner
