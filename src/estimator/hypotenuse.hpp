// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

namespace bochner::estimator {

/// sqrt(a^2 + b^2), whose squares may be out of range. By way of long double: `std::hypot` of
/// doubles would ask for glibc 2.35, and wheels are for 2.34.
inline double hypotenuse(double a, double b) {
  return static_cast<double>(std::hypot(static_cast<long double>(a), static_cast<long double>(b)));
}

}  // namespace bochner::estimator
