// SPDX-License-Identifier: Apache-2.0
#include "estimator/kummer.hpp"

#include "estimator/poisson_sum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bochner::estimator {
namespace {

// Kummer's transformation M(d; d/2; x) = e^x M(-n; n; -x), n = d/2, turns the moment into a mean
// over a Poisson number K of mean |x|: M(d; d/2; x) e^{-2x} = E q_K for x > 0 and
// M(d; d/2; x) = E (-1)^K q_K for x < 0, with q_k = prod_{j<k} (n - j) / (n + j). Independent rows
// have q = 1, so 1 - q_k, summed without subtraction, is all that orthogonality changes.
template <class Real>
struct Complement {
  Real n;
  Real q = 1;
  Real complement = 0;

  explicit Complement(Real half_dim) : n(half_dim) {}
  Real value() const { return complement; }
  void advance(Real k) {
    complement += q * (2 * k / (n + k));
    q *= (n - k) / (n + k);
  }
  /// Nothing more to come: complement is one to working accuracy.
  bool settled() const { return std::abs(q) < std::numeric_limits<Real>::epsilon() / 4; }
};

/// 1 + r_0 + r_0 r_1 + ..., whatever its size.
class ScaledSum {
 public:
  /// The next term from the one before by their ratio. False when what follows no longer matters.
  bool add_next(double ratio) {
    term_ *= ratio;
    sum_ += term_;
    if (sum_ > 0x1p500) {
      sum_ *= 0x1p-500;
      term_ *= 0x1p-500;
      log_scale_ += 500.0 * M_LN2;
    }
    return std::abs(ratio) >= 0.5 || std::abs(term_) >= 1e-17 * sum_;
  }
  Scaled value() const { return {sum_, log_scale_}; }

 private:
  double term_ = 1.0;
  double sum_ = 1.0;
  double log_scale_ = 0.0;
};

/// Of positive terms, a few times x of them.
Scaled series(double d, double x) {
  const double n = 0.5 * d;
  ScaledSum sum;
  for (double k = 0.0; sum.add_next((d + k) * x / ((n + k) * (k + 1.0))); k += 1.0) {
  }
  return sum.value();
}

// Where M(d; d/2; x) is the sum below, and exp(-2x) M has fallen far below one.
bool has_finite_sum(double d, double x) { return x >= std::max(60.0, d); }

// The expansion M(d; n; x) ~ Gamma(n) / Gamma(d) e^x x^n sum_k (-n)_k (1 - d)_k / (k! x^k), n =
// d/2, ends for whole d. Exact for even d; for odd ones it leaves out Gamma(n) / Gamma(-n) U(d; n;
// x), at most Gamma(n) Gamma(n + 1) x^{-d} / pi and below e^{-x} of the sum. Terms up to k = n are
// positive, later ones small beside them.
Scaled finite_sum(double d, double x) {
  const double n = 0.5 * d;
  ScaledSum sum;
  for (double k = 0.0; k < d; k += 1.0) {
    if (!sum.add_next((n - k) * (d - 1.0 - k) / ((k + 1.0) * x))) break;
  }
  const auto gammas = static_cast<double>(std::lgamma(static_cast<long double>(n)) -
                                          std::lgamma(static_cast<long double>(d)));
  return shifted(sum.value(), gammas + x + n * std::log(x));
}

// M(d; d/2; -x) ~ Gamma(n) / Gamma(-n) x^{-d} sum_k (d)_k (1 + n)_k / (k! x^k), n = d/2, up to
// terms of order exp(-x).
double algebraic_tail(double d, double x) {
  const double n = 0.5 * d;
  // 1 / Gamma(-n) = -Gamma(n + 1) sin(pi n) / pi, zero for even d.
  const double half_turns = std::fmod(n, 2.0);
  const double sine = half_turns == std::floor(half_turns) ? 0.0 : std::sin(M_PI * half_turns);
  if (sine == 0.0) return 0.0;
  double term = 1.0;
  double sum = 1.0;
  for (int k = 0; k < 1000; ++k) {
    const double ratio = (d + k) * (1.0 + n + k) / ((k + 1.0) * x);
    if (ratio >= 1.0 || std::abs(term) < 1e-17 * std::abs(sum)) break;
    term *= ratio;
    sum += term;
  }
  const double log_front = std::lgamma(n) + std::lgamma(n + 1.0) - d * std::log(x);
  return -std::exp(log_front) * sine / M_PI * sum;
}

// Beyond this the series has only its algebraic tail left.
bool is_large(double d, double x) { return x >= std::max(60.0, 3.0 * d + 40.0); }

// From here on, with `is_large` false and hence d > 300, |M(d; d/2; -x)| < 1e-40: the zeros of the
// Laguerre function that it is lie around, and its envelope x^{-(n-1)/2} e^{-x/2} has fallen.
constexpr double kVanished = 1000.0;

}  // namespace

Scaled kummer_moment(double d, double x) {
  if (x < 0.0) {
    const double covariance = orthogonal_cosine_covariance(d, -x);
    return {covariance + std::exp(2.0 * x), 0.0};
  }
  return has_finite_sum(d, x) ? finite_sum(d, x) : series(d, x);
}

double orthogonal_deficit(double d, double x) {
  if (!has_finite_sum(d, x)) return poisson_mean(x, Complement<double>(0.5 * d));
  const Scaled moment = finite_sum(d, x);
  return 1.0 - Scaled{moment.mantissa, moment.log_scale - 2.0 * x}.value();
}

double orthogonal_cosine_covariance(double d, double x) {
  if (is_large(d, x)) return algebraic_tail(d, x) - std::exp(-2.0 * x);
  if (x > kVanished) return 0.0;
  using Real = long double;  // alternation spends digits
  return static_cast<double>(-alternating_poisson_mean(
      static_cast<Real>(x), Complement<Real>(0.5L * static_cast<Real>(d))));
}

}  // namespace bochner::estimator
