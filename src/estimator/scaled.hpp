// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>

/// \file
/// Numbers whose logarithm stays finite where they leave the range of double.

namespace bochner::estimator {

/// mantissa * exp(log_scale). Variances of positive features reach exp(2 |z|^2): the value may
/// overflow, the logarithm never does.
struct Scaled {
  double mantissa = 0.0;
  double log_scale = 0.0;

  /// The number itself; +-infinity where it leaves the range of double.
  double value() const noexcept {
    if (mantissa == 0.0) return 0.0;
    const double direct = mantissa * std::exp(log_scale);
    // A tiny mantissa may meet a scale that overflows alone (and the reverse).
    if (std::isfinite(direct) && std::abs(direct) >= std::numeric_limits<double>::min()) {
      return direct;
    }
    return std::copysign(std::exp(log_magnitude()), mantissa);
  }

  /// log |mantissa| + log_scale; -infinity for zero.
  double log_magnitude() const noexcept { return std::log(std::abs(mantissa)) + log_scale; }
};

/// `number` with mantissa and scale of another unit: number * exp(log_factor).
inline Scaled shifted(const Scaled& number, double log_factor) noexcept {
  return {number.mantissa, number.log_scale + log_factor};
}

}  // namespace bochner::estimator
