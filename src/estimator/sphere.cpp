// SPDX-License-Identifier: Apache-2.0
#include "estimator/sphere.hpp"

#include "estimator/peak_integral.hpp"
#include "estimator/poisson_sum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bochner::estimator {
namespace {

using Extended = long double;  // alternation spends digits

// I(+-d s / 4) = sum_k (+-s/2)^k / k! prod_{j<k} n / (n + j), n = d/2: a mean over K ~ Poisson(s/2)
// once exp(+-s/2) is divided out. The complement of the product is the bias.
template <class Real>
struct BiasComplement {
  Real n;
  Real product = 1;
  Real complement = 0;

  explicit BiasComplement(Real half_dim) : n(half_dim) {}
  Real value() const { return complement; }
  void advance(Real k) {
    complement += product * (k / (n + k));
    product *= n / (n + k);
  }
  bool settled() const { return product < std::numeric_limits<Real>::epsilon() / 4; }
};

// 0F1(; b; -y) by its own series: absolute error exp(y / b) epsilon.
Extended alternating_0f1(Extended b, Extended y) {
  Extended term = 1;
  Extended sum = 1;
  for (Extended k = 0; std::abs(term) > std::numeric_limits<Extended>::min(); k += 1) {
    const Extended ratio = y / ((b + k) * (k + 1));
    term *= -ratio;
    sum += term;
    if (ratio < Extended{0.5} && std::abs(term) < std::numeric_limits<Extended>::epsilon() / 16) {
      break;
    }
  }
  return sum;
}

// Whether Hankel's expansion converges at order n - 1: its terms fall by half and more.
template <class Real>
bool is_far(Real n, Real t) {
  return t >= 60 && t > n * n;
}

// Calls visit(k, term) for the terms of Hankel's expansion of order n - 1, without their signs, up
// to those that no longer matter.
template <class Real, class Visit>
void for_hankel_terms(Real n, Real t, const Visit& visit) {
  const Real mu = 4 * (n - 1) * (n - 1);
  Real term = 1;
  for (int k = 0; k < 60 && std::abs(term) > std::numeric_limits<Real>::epsilon() / 16; ++k) {
    visit(k, term);
    const Real order = 2 * static_cast<Real>(k) + 1;
    term *= (mu - order * order) / (8 * t * static_cast<Real>(k + 1));
  }
}

// cos(phase) P - sin(phase) Q of J_{n-1}(t).
template <class Real>
Real hankel_wave(Real n, Real t) {
  Real even = 0;
  Real odd = 0;
  for_hankel_terms(
      n, t, [&](int k, Real term) { (k % 2 == 0 ? even : odd) += k % 4 < 2 ? term : -term; });
  const Real pi = std::acos(Real{-1});
  const Real phase = t - (n - Real{0.5}) * pi / 2;
  return std::cos(phase) * even - std::sin(phase) * odd;
}

// 0F1(; n; -t^2 / 4) = Gamma(n) (2/t)^{n-1} J_{n-1}(t), where that is far.
Extended hankel_0f1(Extended n, Extended t) {
  const Extended pi = std::acos(Extended{-1});
  return std::tgamma(n) * std::pow(2 / t, n - Extended{0.5}) / std::sqrt(pi) * hankel_wave(n, t);
}

// 0F1(; n; -y): where its series would cancel, start at an order b = n + N where it does not and
// descend by the contiguous relation, of which 0F1 is the minimal solution. Up to 4,000 steps.
Extended cosine_transform(Extended n, Extended y) {
  const Extended t = 2 * std::sqrt(y);
  // |J| <= 1 for orders from zero on.
  constexpr Extended kVanished = -45;
  if (n >= 1 && t > 2 && std::lgamma(n) - (n - 1) * std::log(t / 2) < kVanished) {
    return 0;
  }
  if (is_far(n, t)) return hankel_0f1(n, t);
  constexpr Extended kMildCancellation = 4;
  const Extended steps = std::max(Extended{0}, std::ceil(y / kMildCancellation - n));
  Extended b = n + steps;
  Extended here = alternating_0f1(b, y);
  if (steps == 0) return here;
  Extended above = alternating_0f1(b + 1, y);
  for (Extended step = 0; step < steps; step += 1) {
    b -= 1;
    const Extended below = here - y / (b * (b + 1)) * above;
    above = here;
    here = below;
  }
  return here;
}

// Coefficients, against (4x)^k / ((n)_k k!) with x = +-d s / 4, of
//   one_sided  I(4x) - I(x)^2,
//   even       (1 + I(4x)) / 2 - I(x)^2,
//   pair       I(x)^2 - I(2x)  (minus the covariance),
// from I(x)^2 = sum_k (4x)^k g_k / ((n)_k k!), g_k = ((d-1)/2)_k / (d-1)_k, all without
// subtraction.
template <class Real>
class SphereCoefficients {
 public:
  explicit SphereCoefficients(Real dim) : d_(dim) {}

  Real one_sided() const { return Real{0.5} + half_minus_g_; }
  Real even() const { return k_ < 2 ? Real{0} : half_minus_g_; }
  Real pair() const { return pair_; }
  /// `even` - (d - 1) `pair`: the first two terms of a whole block vanish, as the sum of squares
  /// of d orthogonal projections is constant, and the cube of it.
  Real even_block() const { return k_ < 4 ? Real{0} : half_minus_g_ - (d_ - 1) * pair_; }
  Real one_sided_block() const { return k_ == 0 ? Real{0} : one_sided() - (d_ - 1) * pair_; }

  void advance() {
    const Real k = k_;
    // (d - 1) / (d - 1 + k) for k = 0 is one even where d = 1.
    const Real share = k_ == 0 ? Real{1} : (d_ - 1) / (d_ - 1 + k);
    half_minus_g_ += g_ * share / 2;
    g_ *= 1 - share / 2;
    pair_ = (pair_ + (pair_ + power_) * (1 - share)) / 2;
    power_ /= 2;
    k_ += 1;
  }

 private:
  Real d_;
  Real k_ = 0;
  Real g_ = 1;                // ((d-1)/2)_k / (d-1)_k
  Real half_minus_g_ = -0.5;  // 1/2 - g_k
  Real pair_ = 0;             // g_k - 2^{-k}
  Real power_ = 1;            // 2^{-k}
};

// log E exp(t (u - 1)), u the first coordinate of a uniform direction in d dimensions: 0F1(; d/2;
// t^2 / 4), an integral over the direction's angle, without its largest exponent.
Extended log_0f1(Extended d, Extended t) {
  if (d == 1) return std::log1p(std::exp(-2 * t)) - std::log(Extended{2});
  const Extended pi = std::acos(Extended{-1});
  const Extended power = d - 2;
  // At the peak t sin^2 = power cos.
  const Extended root = power + std::hypot(power, 2 * t);
  const Extended cosine = 2 * t / root;
  const Extended sine = std::sqrt(2 * power / root);
  const Peak peak{.low = 0,
                  .high = pi,
                  .place = std::atan2(sine, cosine),
                  .width = 1 / std::sqrt(t * cosine + root / 2)};
  const auto integral = log_peak_integral(peak, [&](Extended angle) {
    const Extended half_sine = std::sin(angle / 2);
    return -2 * t * half_sine * half_sine + (power == 0 ? 0 : power * std::log(std::sin(angle)));
  });
  // The whole of sin^{d-2} has B((d-1)/2, 1/2).
  return integral - std::lgamma((d - 1) / 2) - std::log(pi) / 2 + std::lgamma(d / 2);
}

// log 0F1(; n; t^2 / 4) - t, of Gamma(n) (2/t)^{n-1} I_{n-1}(t), where that is far.
Extended log_hankel_0f1(Extended n, Extended t) {
  Extended sum = 0;
  for_hankel_terms(n, t, [&](int k, Extended term) { sum += k % 2 == 0 ? term : -term; });
  const Extended pi = std::acos(Extended{-1});
  return std::lgamma(n) + (n - Extended{0.5}) * std::log(2 / t) - std::log(4 * pi) / 2 +
         std::log(sum);
}

// log 0F1(; n; y) by its own series, all terms positive: O(sqrt(y)) of them.
Extended log_positive_0f1(Extended n, Extended y) {
  Extended term = 1;
  Extended sum = 1;
  for (Extended k = 0;; k += 1) {
    const Extended ratio = y / ((n + k) * (k + 1));
    term *= ratio;
    sum += term;
    if (ratio < Extended{0.5} && term < std::numeric_limits<Extended>::epsilon() / 4 * sum) break;
  }
  return std::log(sum);
}

// The same moments from the shares of the other terms in I(4x).
struct SphereShares {
  Extended dim;
  Extended one;     // 1 / I(4x)
  Extended square;  // I(x)^2 / I(4x)
  Extended pair;    // (I(x)^2 - I(2x)) / I(4x)
  Extended one_sided() const { return 1 - square; }
  Extended even() const { return (1 + one) / 2 - square; }
  Extended one_sided_block() const { return one_sided() - (dim - 1) * pair; }
  Extended even_block() const { return even() - (dim - 1) * pair; }
};

template <class Pick>
SphereMoments from_shares(double d, double s, Pick pick) {
  const Extended dim = d;
  const Extended t = std::sqrt(dim * static_cast<Extended>(s));  // I(x) = E exp(t u)
  const Extended whole = log_0f1(dim, 2 * t);
  const Extended square = std::exp(2 * log_0f1(dim, t) - whole);
  const Extended root = std::sqrt(Extended{2});
  const Extended middle = std::exp(log_0f1(dim, root * t) - whole + (root - 2) * t);
  const auto [variance, block] =
      pick(SphereShares{dim, std::exp(-whole - 2 * t), square, square - middle});
  return {static_cast<double>(variance), static_cast<double>(block), static_cast<double>(whole)};
}

// sum_k (d s)^k / ((n)_k k!) c_k over both coefficients that `pick` names, all terms positive:
// O(sqrt(d)) of them, and where s is so large that nothing cancels the other form.
template <class Pick>
SphereMoments exponential_moments(double d, double s, Pick pick) {
  constexpr double kNothingCancels = 8.0;
  if (s > kNothingCancels) return from_shares(d, s, pick);
  const double n = 0.5 * d;
  SphereCoefficients<double> coefficients(d);
  double weight = 1.0;
  SphereMoments sum;
  for (double k = 0.0;; k += 1.0) {
    const auto [variance, block] = pick(coefficients);
    sum.variance += weight * variance;
    sum.block += weight * block;
    const double ratio = d * s / ((n + k) * (k + 1.0));
    // Coefficients are at most one.
    if (k >= 4.0 && ratio < 0.5 && weight * ratio < 1e-18 * sum.block) break;
    if (weight == 0.0) break;
    weight *= ratio;
    if (weight > 0x1p500) {
      weight *= 0x1p-500;
      sum.variance *= 0x1p-500;
      sum.block *= 0x1p-500;
      sum.log_scale += 500.0 * M_LN2;
    }
    coefficients.advance();
  }
  sum.log_scale -= 2.0 * std::sqrt(d * s);
  return sum;
}

}  // namespace

double sphere_exponential_bias(double d, double s) {
  return -poisson_mean(0.5 * s, BiasComplement<double>(0.5 * d));
}

double sphere_log_exponential(double d, double s) {
  constexpr double kSeriesLimit = 8.0;
  if (s <= kSeriesLimit) {
    return 0.5 * s + std::log1p(sphere_exponential_bias(d, s)) - std::sqrt(d * s);
  }
  const Extended n = 0.5L * static_cast<Extended>(d);
  const Extended square = d * static_cast<Extended>(s);
  const Extended t = std::sqrt(square);
  if (is_far(n, t)) return static_cast<double>(log_hankel_0f1(n, t));
  // As many terms, none too large, take the time of an integral.
  constexpr Extended kManyTerms = 4000;
  if (t <= kManyTerms) return static_cast<double>(log_positive_0f1(n, square / 4) - t);
  return static_cast<double>(log_0f1(d, t));
}

double sphere_exponent(double d, double a, double s) {
  const double best = d * (1.0 - 4.0 * a);
  const double difference = (s - best) / (std::sqrt(s) + std::sqrt(best));
  return d - difference * difference;
}

double sphere_cosine(double d, double s) {
  const Extended n = 0.5L * static_cast<Extended>(d);
  return static_cast<double>(cosine_transform(n, n * static_cast<Extended>(s) / 2));
}

FarCosine::FarCosine(double d)
    : dim_(d), half_(0.5 * d), log_front_(std::lgamma(half_) - 0.5 * std::log(M_PI)) {}

bool FarCosine::covers(double s) const { return is_far(half_, std::sqrt(dim_ * s)); }

double FarCosine::operator()(double s) const {
  const double t = std::sqrt(dim_ * s);
  return std::exp(log_front_ + (half_ - 0.5) * std::log(2.0 / t)) * hankel_wave(half_, t);
}

double sphere_cosine_bias(double d, double s) {
  const Extended n = 0.5L * static_cast<Extended>(d);
  const Extended mean = 0.5L * static_cast<Extended>(s);
  constexpr double kSeriesLimit = 8.0;
  const Extended bias = s > kSeriesLimit
                            ? cosine_transform(n, n * mean) - std::exp(-mean)
                            : -std::exp(mean) * alternating_poisson_mean(mean, BiasComplement(n));
  return static_cast<double>(bias);
}

SphereMoments sphere_exponential(double d, double s) {
  return exponential_moments(d, s, [](const auto& c) {
    return std::pair{c.one_sided(), c.one_sided_block()};
  });
}

SphereMoments sphere_hyperbolic(double d, double s) {
  if (d == 1.0) return {};  // cosh(+-|z|) is a constant
  return exponential_moments(d, s, [](const auto& c) {
    return std::pair{c.even(), c.even_block()};
  });
}

SphereMoments sphere_trigonometric(double d, double s) {
  if (d == 1.0) return {};  // cos(v.w) = cos |v|
  const Extended dim = d;
  const Extended n = dim / 2;
  const Extended y = dim * static_cast<Extended>(s);  // of E cos(2 v.w) = 0F1(; n; -y)
  constexpr double kSeriesLimit = 4.0;
  if (s > kSeriesLimit) {
    const Extended mean = cosine_transform(n, y / 4);
    const Extended variance = (1 + cosine_transform(n, y)) / 2 - mean * mean;
    const Extended covariance = cosine_transform(n, y / 2) - mean * mean;
    return {static_cast<double>(variance), static_cast<double>(variance + (dim - 1) * covariance),
            0.0};
  }
  SphereCoefficients<Extended> coefficients(dim);
  Extended weight = 1;
  Extended variance = 0;
  Extended block = 0;
  for (Extended k = 0;; k += 1) {
    variance += weight * coefficients.even();
    block += weight * coefficients.even_block();
    const Extended ratio = y / ((n + k) * (k + 1));
    if (k >= 4 && ratio < Extended{0.5} &&
        std::abs(weight) * ratio < std::numeric_limits<Extended>::epsilon() * std::abs(block)) {
      break;
    }
    if (weight == 0) break;
    weight *= -ratio;
    coefficients.advance();
  }
  return {static_cast<double>(variance), static_cast<double>(block), 0.0};
}

}  // namespace bochner::estimator
