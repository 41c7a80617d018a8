// SPDX-License-Identifier: Apache-2.0
#include "kernel/dot_product.hpp"

#include "bochner/core/error.hpp"
#include "core/text.hpp"
#include "kernel/radial.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace bochner {
namespace {

constexpr int kMostDegree = 32;

}  // namespace

PolynomialKernel PolynomialKernel::from_gamma(double gamma, double coef0, int degree) {
  check_range("PolynomialKernel::from_gamma", "gamma", gamma, std::numeric_limits<double>::min(),
              std::numeric_limits<double>::max(), "a positive, finite number");
  return {.degree = degree, .offset = coef0, .metric = Isotropic{1.0 / std::sqrt(gamma)}};
}

void check_options(const PolynomialKernel& kernel) {
  if (kernel.degree < 1 || kernel.degree > kMostDegree) {
    throw InvalidArgument("polynomial: degree is " + std::to_string(kernel.degree) +
                          ", expected 1 to " + std::to_string(kMostDegree));
  }
  check_range(PolynomialKernel::name, "offset", kernel.offset, 0.0,
              std::numeric_limits<double>::max(), "a finite number, 0 or more");
  if (!std::isfinite(std::pow(1.0 + kernel.offset, kernel.degree))) {
    throw InvalidArgument("polynomial: offset is " + text::number(kernel.offset) +
                          ", expected one whose power " + std::to_string(kernel.degree) +
                          " (the degree) is a finite number");
  }
}

void check_options(const DotProductKernel& kernel) {
  const std::vector<double>& a = kernel.coefficients;
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

PowerSeries power_series(const PolynomialKernel& kernel) {
  return PowerSeries::power({.degree = kernel.degree, .offset = kernel.offset});
}

PowerSeries power_series(const DotProductKernel& kernel) {
  return PowerSeries::polynomial(kernel.coefficients);
}

}  // namespace bochner
