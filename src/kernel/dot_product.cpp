// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/dot_product.hpp"

#include "bochner/core/error.hpp"
#include "core/text.hpp"
#include "kernel/power_series.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace bochner {

void DotProductKernel::check_options() const {
  const std::vector<double>& a = coefficients;
  if (a.empty() || a.size() > kMostDegree + 1) {
    throw InvalidArgument("dot-product: coefficients has " + std::to_string(a.size()) +
                          " entries, expected 1 to " + std::to_string(kMostDegree + 1));
  }
  for (std::size_t n = 0; n < a.size(); ++n) {
    if (a[n] >= 0.0 && std::isfinite(a[n])) continue;
    throw InvalidArgument("dot-product: coefficients[" + std::to_string(n) + "] is " +
                          text::number(a[n]) + ", expected a finite number, 0 or more");
  }
  if (std::all_of(a.begin(), a.end(), [](double c) { return c == 0.0; })) {
    throw InvalidArgument("dot-product: coefficients are all 0, expected a positive one");
  }
}

PowerSeries DotProductKernel::power_series() const { return PowerSeries::polynomial(coefficients); }

double DotProductKernel::value_at(double s) const { return polynomial_value(coefficients, s); }

}  // namespace bochner
