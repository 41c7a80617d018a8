// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/polynomial.hpp"

#include "bochner/core/error.hpp"
#include "core/text.hpp"
#include "kernel/power_series.hpp"
#include "kernel/radial.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace bochner {

PolynomialKernel PolynomialKernel::from_gamma(double gamma, double coef0, int degree) {
  check_range("PolynomialKernel::from_gamma", "gamma", gamma, std::numeric_limits<double>::min(),
              std::numeric_limits<double>::max(), "a positive, finite number");
  return {.degree = degree, .offset = coef0, .metric = Isotropic{1.0 / std::sqrt(gamma)}};
}

void PolynomialKernel::check_options() const {
  if (degree < 1 || degree > kMostDegree) {
    throw InvalidArgument("polynomial: degree is " + std::to_string(degree) + ", expected 1 to " +
                          std::to_string(kMostDegree));
  }
  check_range(name, "offset", offset, 0.0, std::numeric_limits<double>::max(),
              "a finite number, 0 or more");
  if (!std::isfinite(std::pow(1.0 + offset, degree))) {
    throw InvalidArgument("polynomial: offset is " + text::number(offset) +
                          ", expected one whose power " + std::to_string(degree) +
                          " (the degree) is a finite number");
  }
}

PowerSeries PolynomialKernel::power_series() const {
  return PowerSeries::power({.degree = degree, .offset = offset});
}

double PolynomialKernel::value_at(double s) const { return Power{degree, offset}.value(s); }

}  // namespace bochner
