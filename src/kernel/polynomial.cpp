// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/polynomial.hpp"

#include "core/door.hpp"
#include "core/text.hpp"
#include "kernel/power_series.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace bochner {

PolynomialKernel PolynomialKernel::from_gamma(double gamma, double coef0, int degree) {
  Door("PolynomialKernel::from_gamma")
      .between("gamma", gamma, std::numeric_limits<double>::min(),
               std::numeric_limits<double>::max(), "a finite number above 0");
  return {.degree = degree, .offset = coef0, .metric = Isotropic{1.0 / std::sqrt(gamma)}};
}

void PolynomialKernel::check_options() const {
  const Door door(name);
  door.between("degree", degree, 1, kernels::kMostDegree).not_negative("offset", offset);
  if (!std::isfinite(std::pow(1.0 + offset, degree))) {
    door.refuse("offset", text::number(offset),
                "one whose power " + std::to_string(degree) + " (the degree) is a finite number");
  }
}

PowerSeries PolynomialKernel::power_series() const {
  return PowerSeries::power({.degree = degree, .offset = offset});
}

double PolynomialKernel::value_at(double s) const { return Power{degree, offset}.value(s); }

}  // namespace bochner
