// SPDX-License-Identifier: Apache-2.0
#include "estimator/kummer.hpp"

#include "estimator/poisson_sum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bochner {
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
  // All terms of the defining series are positive.
  const double n = 0.5 * d;
  double term = 1.0;
  double sum = 1.0;
  double log_scale = 0.0;
  for (double k = 0.0;; k += 1.0) {
    const double ratio = (d + k) * x / ((n + k) * (k + 1.0));
    term *= ratio;
    sum += term;
    if (ratio < 0.5 && term < 1e-17 * sum) break;
    if (sum > 0x1p500) {
      sum *= 0x1p-500;
      term *= 0x1p-500;
      log_scale += 500.0 * M_LN2;
    }
  }
  return {sum, log_scale};
}

double orthogonal_deficit(double d, double x) {
  return poisson_mean(x, Complement<double>(0.5 * d));
}

double orthogonal_cosine_covariance(double d, double x) {
  if (is_large(d, x)) return algebraic_tail(d, x) - std::exp(-2.0 * x);
  if (x > kVanished) return 0.0;
  using Real = long double;  // alternation spends digits
  return static_cast<double>(-alternating_poisson_mean(
      static_cast<Real>(x), Complement<Real>(0.5L * static_cast<Real>(d))));
}

}  // namespace bochner
