// SPDX-License-Identifier: Apache-2.0
#include "kernel/matern_profile.hpp"

#include "simd/engine.hpp"

#include <boost/math/special_functions/bessel.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace bochner::kernels {
namespace {

constexpr double kBesselUpTo = 20.0;

/// K_nu(t) is a normal number up to here, and ten terms of the expansion are enough from here on.
constexpr double kExpansionFrom = 600.0;

/// For nu = p + 1/2: sum_i c_i t^i with c_i = p! / (2p)! (2p - i)! / ((p - i)! i!) 2^i.
std::vector<double> half_integer_coefficients(int p) {
  std::vector<double> c{1.0};
  for (int i = 0; i < p; ++i) {
    c.push_back(c.back() * 2.0 * (p - i) / ((2.0 * p - i) * (i + 1.0)));
  }
  return c;
}

void half_integer(double nu, const double* square, double* out, Index count) {
  const std::vector<double> c = half_integer_coefficients(static_cast<int>(nu));
  constexpr Index kChunk = 256;
  std::array<double, kChunk> polynomial;
  for (Index first = 0; first < count; first += kChunk) {
    const Index size = std::min(kChunk, count - first);
    double* const part = out + first;
    for (Index j = 0; j < size; ++j) {
      const double t = std::sqrt(2.0 * nu * square[first + j]);
      double value = c.back();
      for (std::size_t i = c.size() - 1; i-- > 0;) value = value * t + c[i];
      polynomial[static_cast<std::size_t>(j)] = value;
      part[j] = -0.5 * t;  // half, so that it is a normal number wherever the value is
    }
    simd::kernels<double>().exp(part, part, size);
    // Where the polynomial overflows, the exponential has long been zero.
    for (Index j = 0; j < size; ++j) {
      part[j] =
          part[j] == 0.0 ? 0.0 : part[j] * (part[j] * polynomial[static_cast<std::size_t>(j)]);
    }
  }
}

/// From Hankel's expansion of K_nu [DLMF, 10.40.2], where the function itself is about to underflow
/// and its factor t^nu is not small.
double by_expansion(double nu, double log_front, double t) {
  double term = 1.0;
  double sum = 1.0;
  for (double k = 1.0; std::abs(term) > 1e-17 * sum; k += 1.0) {
    const double odd = 2.0 * k - 1.0;
    sum += term *= (4.0 * nu * nu - odd * odd) / (8.0 * k * t);
  }
  return std::exp(log_front - t) * std::sqrt(0.5 * std::numbers::pi / t) * sum;
}

double by_bessel(double nu, double t) {
  // 1 - k = O(t^(2 min(nu, 1))), up to a logarithm: below rounding here.
  if (t < 1e-200 || (nu >= 1.0 && t < 1e-9)) return 1.0;
  if (t > 1e4) return 0.0;
  const double log_front = (1.0 - nu) * std::numbers::ln2 - std::lgamma(nu) + nu * std::log(t);
  return t > kExpansionFrom ? by_expansion(nu, log_front, t)
                            : std::exp(log_front) * boost::math::cyl_bessel_k(nu, t);
}

/// e^u - 1 - u
double exponential_excess(double u) {
  if (std::abs(u) > 0.5) return std::expm1(u) - u;
  double sum = 1.0;
  for (double k = 18.0; k > 2.0; k -= 1.0) sum = 1.0 + u / k * sum;
  return 0.5 * u * u * sum;
}

/// The integral over the integral at 0, both from the peak of the latter, y = log nu.
class Trapezoids {
 public:
  explicit Trapezoids(double nu) : nu_(nu), at_zero_(integral(nu, 0.0)) {}

  double operator()(double quarter_square) const {  // c = t^2 / 4
    const double ratio = quarter_square / (nu_ * nu_);
    // The peak e^y = nu (1 + shift): shift (1 + shift) = c / nu^2.
    const double shift = 2.0 * ratio / (1.0 + std::sqrt(1.0 + 4.0 * ratio));
    const double height =
        nu_ * (std::log1p(shift) - shift) - quarter_square / (nu_ * (1.0 + shift));
    if (!(height > kVanished)) return 0.0;
    return std::exp(height) * (integral(nu_ * (1.0 + shift), nu_ * shift) / at_zero_);
  }

 private:
  static constexpr double kVanished = -760.0;

  /// Of exp(-rise (e^u - 1 - u) - fall (e^(-u) - 1 + u)): exp(f) over its peak, u the distance from
  /// there, in steps of a fifth of the peak's width.
  static double integral(double rise, double fall) {
    const double step = 0.2 / std::sqrt(rise + fall);
    double total = 1.0;
    for (const double direction : {1.0, -1.0}) {
      for (int k = 1;; ++k) {
        const double u = direction * k * step;
        const double term = std::exp(-rise * exponential_excess(u) - fall * exponential_excess(-u));
        total += term;
        if (!(term >= 1e-18 * total)) break;
      }
    }
    return step * total;
  }

  double nu_;
  double at_zero_;
};

}  // namespace

void matern_profile(double nu, const double* square, double* out, Index count) {
  if (nu > kBesselUpTo) {
    const Trapezoids integral(nu);
    for (Index j = 0; j < count; ++j) out[j] = integral(0.5 * nu * square[j]);
    return;
  }
  if (nu - std::floor(nu) == 0.5) {
    half_integer(nu, square, out, count);
    return;
  }
  for (Index j = 0; j < count; ++j) {
    out[j] = square[j] == 0.0 ? 1.0 : by_bessel(nu, std::sqrt(2.0 * nu * square[j]));
  }
}

}  // namespace bochner::kernels
