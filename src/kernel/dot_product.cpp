// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/dot_product.hpp"

#include "kernel/checks.hpp"
#include "kernel/power_series.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace bochner {

void DotProductKernel::check_options() const {
  const std::vector<double>& a = coefficients;
  const Door door(name);
  if (a.empty() || a.size() > kernels::kMostDegree + 1) {
    door.refuse("coefficients has " + std::to_string(a.size()) + " entries, expected 1 to " +
                std::to_string(kernels::kMostDegree + 1));
  }
  kernels::require_not_negative(door, "coefficients", a);
  if (std::all_of(a.begin(), a.end(), [](double c) { return c == 0.0; })) {
    door.refuse("coefficients are all 0, expected a positive one");
  }
}

PowerSeries DotProductKernel::power_series() const { return PowerSeries::polynomial(coefficients); }

double DotProductKernel::value_at(double s) const {
  return kernels::polynomial_value(coefficients, s);
}

}  // namespace bochner
