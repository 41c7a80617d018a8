// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/weighted_chi_square.hpp"

#include "core/door.hpp"
#include "core/text.hpp"
#include "estimator/gamma_mixture.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <string>
#include <vector>

#include <boost/math/special_functions/gamma.hpp>

namespace bochner {
namespace {

constexpr Door kDoor("weighted_chi_square_tail");

/// Upper tails below e^kLogNothing are zero, and sums below kNothing have a lower tail that is
/// nothing beside 1, whatever the other weights.
constexpr double kLogNothing = -800.0;
constexpr double kNothing = 1e-40;

/// log(1 + z), with the digits that a small z has.
std::complex<double> log1p(std::complex<double> z) {
  return {0.5 * std::log1p(2.0 * z.real() + std::norm(z)), std::atan2(z.imag(), 1.0 + z.real())};
}

/// One tail of the law of weights of which the largest is 1, as
///   (1 / pi) int_0^inf Re e^phi(s) (1 - 2i a tau) dtau,  s = c + i tau + a tau^2,
///   phi(s) = -(1/2) sum log(1 - 2 weight s) - s x - log(+-s).
/// c is where phi is stationary on the real line: between 0 and the first branch point for the
/// upper tail, below 0 for the lower one. The parabola opens around the branch points, so that
/// e^(-s x) ends the integral whatever the number of weights.
class SaddlePointIntegral {
 public:
  enum class Tail { lower, upper };

  SaddlePointIntegral(const std::vector<double>& weights, double x, Tail tail)
      : weights_(weights), x_(x), sign_(tail == Tail::upper ? 1.0 : -1.0) {
    centre_ = stationary(tail);
    double second = 1.0 / (centre_ * centre_);
    double third = -2.0 / (centre_ * centre_ * centre_);
    for (const double w : weights_) {
      const double slope = 2.0 * w / (1.0 - 2.0 * w * centre_);
      second += 0.5 * slope * slope;
      third += slope * slope * slope;
    }
    width_ = 1.0 / std::sqrt(second);
    // Near the path of steepest descent; a parabola whose focus is the nearest singularity to the
    // right keeps its distance from it.
    const double ahead = tail == Tail::upper ? 0.5 - centre_ : -centre_;
    const double most = 1.0 / (4.0 * ahead);
    bend_ = std::clamp(third / (6.0 * second), 0.1 * most, most);
  }

  double value() const {
    // Singularities are a width away or farther: the trapezoidal rule's error is e^(-2 pi kSteps).
    const double step = width_ / kSteps;
    const double top = log_integrand(centre_).real();
    double sum = 0.5;
    for (int k = 1; k < kMostSteps; ++k) {
      const double tau = step * k;
      const std::complex<double> s(centre_ + bend_ * tau * tau, tau);
      const std::complex<double> term = std::exp(log_integrand(s) - top);
      sum += (term * std::complex<double>(1.0, -2.0 * bend_ * tau)).real();
      if (std::abs(term) * (1.0 + 2.0 * bend_ * tau) < kNegligible) break;
    }
    return std::exp(top) * sum * step / std::numbers::pi;
  }

 private:
  static constexpr double kSteps = 7.0;
  static constexpr int kMostSteps = 100'000;
  static constexpr double kNegligible = 1e-18;

  std::complex<double> log_integrand(std::complex<double> s) const {
    std::complex<double> sum = -s * x_ - std::log(sign_ * s);
    for (const double w : weights_) sum -= 0.5 * log1p(-2.0 * w * s);
    return sum;
  }

  /// phi' increases between 0 and the first branch point, and below 0.
  double stationary(Tail tail) const {
    double low = 0.0;
    double high = 0.5;
    if (tail == Tail::lower) {
      low = -(0.5 * static_cast<double>(weights_.size()) + 1.0) / x_;
      high = 0.0;
    }
    for (int i = 0; i < 200; ++i) {
      const double middle = low + 0.5 * (high - low);
      if (middle == low || middle == high) break;
      double slope = -x_ - 1.0 / middle;
      for (const double w : weights_) slope += w / (1.0 - 2.0 * w * middle);
      (slope < 0.0 ? low : high) = middle;
    }
    // Neither end is a pole.
    return tail == Tail::upper ? low + 0.5 * (high - low) : low;
  }

  const std::vector<double>& weights_;
  double x_;
  double sign_;
  double centre_;
  double width_;
  double bend_;
};

double by_inversion(const std::vector<double>& weights, double x) {
  using Tail = SaddlePointIntegral::Tail;
  double mean = 0.0;
  double chernoff = -0.25 * x;  // log of a bound on the upper tail
  for (const double w : weights) {
    mean += w;
    chernoff -= 0.5 * std::log1p(-0.5 * w);
  }
  if (chernoff < kLogNothing) return 0.0;
  if (x < kNothing) return 1.0;
  const bool upper = x >= mean;
  const double tail = SaddlePointIntegral(weights, x, upper ? Tail::upper : Tail::lower).value();
  return std::clamp(upper ? tail : 1.0 - tail, 0.0, 1.0);
}

/// sum_i weight_i^power
double power_sum(const std::vector<double>& weights, int power) {
  double sum = 0.0;
  for (const double w : weights) sum += std::pow(w, power);
  return sum;
}

/// A factor times a chi-squared variable.
double by_two_moments(const std::vector<double>& weights, double x) {
  const double first = power_sum(weights, 1);
  const double second = power_sum(weights, 2);
  return boost::math::gamma_q(0.5 * first * first / second, 0.5 * x * first / second);
}

double by_three_cumulants(const std::vector<double>& weights, double x) {
  const double first = power_sum(weights, 1);
  const double second = 2.0 * power_sum(weights, 2);
  const double third = 8.0 * power_sum(weights, 3);
  const double degrees = 8.0 * second * second * second / (third * third);
  const double shifted = (x - first) * std::sqrt(2.0 * degrees / second) + degrees;
  return shifted <= 0.0 ? 1.0 : boost::math::gamma_q(0.5 * degrees, 0.5 * shifted);
}

}  // namespace

double weighted_chi_square_tail(std::span<const double> weights, double x, ChiSquareLaw law) {
  kDoor.finite("weights", weights).finite("x", x);
  double largest = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] < 0.0) {
      kDoor.refuse("weights[" + std::to_string(i) + "]", text::number(weights[i]), "0 or more");
    }
    largest = std::max(largest, weights[i]);
  }
  if (largest == 0.0) return x < 0.0 ? 1.0 : 0.0;
  if (x <= 0.0) return 1.0;
  std::vector<double> relative;
  for (const double w : weights) {
    if (w > 0.0) relative.push_back(w / largest);
  }
  const double at = x / largest;
  if (at == 0.0) return 1.0;
  if (std::isinf(at)) return 0.0;
  switch (law) {
    case ChiSquareLaw::inversion:
      return by_inversion(relative, at);
    case ChiSquareLaw::satterthwaite_welch:
      return by_two_moments(relative, at);
    case ChiSquareLaw::hall_buckley_eagleson:
      return by_three_cumulants(relative, at);
    case ChiSquareLaw::lindsay_pilla_basak:
      return estimator::gamma_mixture(relative).tail(at);
  }
  return 1.0;
}

}  // namespace bochner
