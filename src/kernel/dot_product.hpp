// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/dot_product.hpp"
#include "bochner/kernel/polynomial.hpp"
#include "kernel/metric.hpp"
#include "kernel/standard_form.hpp"

#include <concepts>
#include <memory>

/// \file
/// Kernels f(A x . A y) with a power series f.

namespace bochner {

/// Throw InvalidArgument for options other than the metric.
void check_options(const PolynomialKernel& kernel);
void check_options(const DotProductKernel& kernel);

/// f, whose options must be valid.
PowerSeries power_series(const PolynomialKernel& kernel);
PowerSeries power_series(const DotProductKernel& kernel);

/// f(s)
inline double value_at(const PolynomialKernel& kernel, double s) noexcept {
  return Power{kernel.degree, kernel.offset}.value(s);
}
inline double value_at(const DotProductKernel& kernel, double s) noexcept {
  return polynomial_value(kernel.coefficients, s);
}

template <class K>
concept SeriesKernel = requires(const K& kernel) {
  kernel.metric;
  check_options(kernel);
  { power_series(kernel) } -> std::same_as<PowerSeries>;
};

template <SeriesKernel K>
SpectralMeasure spectral_measure(const K& kernel) {
  check_options(kernel);
  SpectralMeasure out;
  out.series = std::make_shared<const PowerSeries>(power_series(kernel));
  out.refusal = "the kernel " + std::string(K::name) +
                " is no Fourier transform: it needs maclaurin features with rademacher frequencies"
                " (polynomial also: tensor-sketch features with count-sketch frequencies)";
  return out;
}

template <SeriesKernel K>
StandardForm standard_form(const K& kernel, Index dim) {
  check_options(kernel);
  return {.transform = transform_of(kernel.metric, dim, K::name),
          .amplitude = 0.0,
          .shift_invariant = false};
}

template <SeriesKernel K>
void kernel_values(const K& kernel, const double* xy, double /*xx*/, const double* /*yy*/,
                   double* out, Index count) {
  for (Index j = 0; j < count; ++j) out[j] = value_at(kernel, xy[j]);
}

}  // namespace bochner
