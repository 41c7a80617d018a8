// SPDX-License-Identifier: Apache-2.0
#include "kernel/power_series.hpp"

#include "random/elementary.hpp"

#include <cmath>
#include <limits>
#include <utility>

namespace bochner {
namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();

/// log of e^t, e^t - 1 or e^t - 1 - t.
double log_exponential_tail(Index first, double t) {
  if (first == 0) return t;
  if (t == 0.0) return kNothing;
  if (first == 1) return t + std::log(-std::expm1(-t));
  if (t > 1.0) return t + std::log1p(-(1.0 + t) * std::exp(-t));
  double term = 0.5;  // over t^2
  double sum = term;
  for (int n = 3; term > 1e-17; ++n) sum += term *= t / n;
  return 2.0 * std::log(t) + std::log(sum);
}

}  // namespace

PowerSeries PowerSeries::exponential() { return {}; }

PowerSeries PowerSeries::polynomial(std::vector<double> coefficients) {
  while (coefficients.back() == 0.0) coefficients.pop_back();
  PowerSeries out;
  out.degree_ = static_cast<Index>(coefficients.size()) - 1;
  for (const double a : coefficients) {
    out.logs_.push_back(a > 0.0 ? elementary::log(a) : kNothing);
  }
  out.coefficients_ = std::move(coefficients);
  return out;
}

PowerSeries PowerSeries::power(const Power& power) {
  std::vector<double> coefficients(static_cast<std::size_t>(power.degree) + 1, 0.0);
  coefficients.back() = 1.0;
  // a_n = (p over n) offset^(p - n), downwards: (p over n - 1) = (p over n) n / (p - n + 1).
  for (Index n = power.degree; n > 0 && power.offset > 0.0; --n) {
    const auto at = static_cast<std::size_t>(n);
    coefficients[at - 1] = coefficients[at] * power.offset * static_cast<double>(n) /
                           static_cast<double>(power.degree - n + 1);
  }
  PowerSeries out = polynomial(std::move(coefficients));
  out.power_ = power;
  return out;
}

double PowerSeries::log_coefficient(Index n) const {
  if (!logs_.empty()) return n <= degree_ ? logs_[static_cast<std::size_t>(n)] : kNothing;
  double log_factorial = 0.0;
  for (Index k = 2; k <= n; ++k) log_factorial += elementary::log(static_cast<double>(k));
  return -log_factorial;
}

double PowerSeries::value(double s) const {
  if (coefficients_.empty()) return std::exp(s);
  return power_ ? power_->value(s) : kernels::polynomial_value(coefficients_, s);
}

double PowerSeries::log_tail(Index first, double t) const {
  if (coefficients_.empty()) return log_exponential_tail(first, t);
  const auto begin = static_cast<std::size_t>(first);
  double sum = 0.0;
  if (t <= 1.0) {
    for (std::size_t n = coefficients_.size(); n-- > begin;) sum = sum * t + coefficients_[n];
    return std::log(sum) + (first == 0 ? 0.0 : static_cast<double>(first) * std::log(t));
  }
  // In powers of 1 / t, which do not overflow.
  for (std::size_t n = begin; n < coefficients_.size(); ++n) sum = sum / t + coefficients_[n];
  return std::log(sum) + static_cast<double>(degree_) * std::log(t);
}

}  // namespace bochner
