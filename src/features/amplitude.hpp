// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace bochner::feature_functions {

/// Exponents stay well inside 32 bits, so that two of them can be added.
inline constexpr double kLargestExponent = 1 << 30;

/// Splits a base-2 log-amplitude into the row's exponent and a fraction in [0, 1). Beyond
/// `kLargestExponent` it saturates (the door refuses such rows); NaN stays in the fraction.
template <Scalar T>
T split_amplitude(double log_amplitude, std::int32_t& exponent) noexcept {
  if (std::isnan(log_amplitude)) {
    exponent = 0;
    return static_cast<T>(log_amplitude);
  }
  const double whole = std::floor(log_amplitude);
  exponent = static_cast<std::int32_t>(std::clamp(whole, -kLargestExponent, kLargestExponent));
  return std::isinf(whole) ? T{0} : static_cast<T>(log_amplitude - whole);
}

}  // namespace bochner::feature_functions
