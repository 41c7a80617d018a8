// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/metric_transform.hpp"
#include "kernel/standard_form.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>

/// \file
/// Kernels that are a function of r = |A (x - y)|, and what they share.

namespace bochner::kernels {

/// `check_options` throws InvalidArgument for options other than the metric; `profile` takes r^2 to
/// the kernel's value, 1 at 0; `out` may be `square`.
template <class K>
concept RadialKernel = requires(const K& kernel, const double* square, double* out, Index count) {
  kernel.metric;
  { kernel.check_options() } -> std::same_as<void>;
  { kernel.spectral_measure() } -> std::same_as<SpectralMeasure>;
  { kernel.profile(square, out, count) } -> std::same_as<void>;
};

template <RadialKernel K>
StandardForm radial_form(const K& kernel, Index dim) {
  kernel.check_options();
  return {.transform = transform_of(kernel.metric, dim, K::name),
          .amplitude = 0.0,
          .shift_invariant = true};
}

template <RadialKernel K>
void radial_values(const K& kernel, const double* xy, double xx, const double* yy, double* out,
                   Index count) {
  for (Index j = 0; j < count; ++j) out[j] = std::max((xx + yy[j]) - 2.0 * xy[j], 0.0);
  kernel.profile(out, out, count);
}

/// The logarithm of a tail, `log_value(r^2)`, where r^2 may have overflowed: that at the largest
/// double if the tail has vanished there, NaN, which is refused, if it has not.
template <class LogValue>
double log_of_tail(double square, const LogValue& log_value) {
  constexpr double kVanished = -746.0;  // exp is zero
  const double at = log_value(std::min(square, std::numeric_limits<double>::max()));
  return std::isinf(square) && at > kVanished ? std::numeric_limits<double>::quiet_NaN() : at;
}

}  // namespace bochner::kernels
