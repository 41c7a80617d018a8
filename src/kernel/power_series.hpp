// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <optional>
#include <vector>

/// \file
/// f(s) = sum_n a_n s^n with a_n >= 0, of which dot-product kernels are made: k(x, y) = f(x~.y~).

namespace bochner::kernels {

/// Of a kernel that is a polynomial of x.y.
inline constexpr int kMostDegree = 32;

/// sum_n coefficients[n] s^n
inline double polynomial_value(const std::vector<double>& coefficients, double s) noexcept {
  double out = 0.0;
  for (std::size_t n = coefficients.size(); n-- > 0;) out = out * s + coefficients[n];
  return out;
}

}  // namespace bochner::kernels

namespace bochner {

/// (s + offset)^degree
struct Power {
  Index degree = 1;
  double offset = 0.0;

  double value(double s) const noexcept {
    double out = 1.0;
    for (Index n = 0; n < degree; ++n) out *= s + offset;
    return out;
  }
};

class PowerSeries {
 public:
  /// e^s
  static PowerSeries exponential();
  static PowerSeries power(const Power& power);
  static PowerSeries polynomial(std::vector<double> coefficients);

  /// Set when f is a power.
  const std::optional<Power>& as_power() const noexcept { return power_; }

  /// log a_n, the same bits everywhere; -infinity for zero.
  double log_coefficient(Index n) const;

  /// The largest n with a_n > 0; kEndless for the exponential.
  static constexpr Index kEndless = Index{1} << 40;
  Index degree() const noexcept { return degree_; }

  /// f(s), for any s.
  double value(double s) const;

  /// log of sum_{n >= first} a_n t^n for t >= 0, first 0, 1 or 2; -infinity for zero.
  double log_tail(Index first, double t) const;

 private:
  std::optional<Power> power_;
  std::vector<double> coefficients_;  ///< empty for the exponential
  std::vector<double> logs_;
  Index degree_ = kEndless;
};

}  // namespace bochner
