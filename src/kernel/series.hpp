// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/metric_transform.hpp"
#include "kernel/standard_form.hpp"

#include <concepts>
#include <memory>
#include <string>

/// \file
/// Kernels f(A x . A y) with a power series f.

namespace bochner::kernels {

/// `check_options` throws InvalidArgument for options other than the metric; `power_series` is f,
/// whose options must be valid; `value_at(s)` is f(s).
template <class K>
concept SeriesKernel = requires(const K& kernel, double s) {
  kernel.metric;
  { kernel.check_options() } -> std::same_as<void>;
  { kernel.power_series() } -> std::same_as<PowerSeries>;
  { kernel.value_at(s) } -> std::same_as<double>;
};

template <SeriesKernel K>
SpectralMeasure series_measure(const K& kernel) {
  kernel.check_options();
  return {
      .law =
          SpectralMeasure::None{
              "the kernel " + std::string(K::name) +
              " is no Fourier transform: it needs maclaurin features with rademacher frequencies"
              " (polynomial also: tensor-sketch features with count-sketch frequencies)"},
      .series = std::make_shared<const PowerSeries>(kernel.power_series())};
}

template <SeriesKernel K>
StandardForm series_form(const K& kernel, Index dim) {
  kernel.check_options();
  return {.transform = transform_of(kernel.metric, dim, K::name),
          .amplitude = 0.0,
          .shift_invariant = false};
}

template <SeriesKernel K>
void series_values(const K& kernel, const double* xy, double* out, Index count) {
  for (Index j = 0; j < count; ++j) out[j] = kernel.value_at(xy[j]);
}

}  // namespace bochner::kernels
