// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/metric.hpp"
#include "kernel/standard_form.hpp"

#include <concepts>

/// \file
/// What is common to kernels E f(w.A x) f(w.A y) with a rectifier f.

namespace bochner {

/// `check_options` throws InvalidArgument for options other than the metric.
template <class K>
concept RectifiedKernel = requires(const K& kernel) {
  kernel.metric;
  check_options(kernel);
  { rectifier(kernel) } -> std::same_as<Rectifier>;
};

template <RectifiedKernel K>
SpectralMeasure spectral_measure(const K& kernel) {
  return {.scale = {}, .rectifier = rectifier(kernel)};
}

template <RectifiedKernel K>
StandardForm standard_form(const K& kernel, Index dim) {
  check_options(kernel);
  return {.transform = transform_of(kernel.metric, dim, K::name),
          .amplitude = 0.0,
          .shift_invariant = false};
}

template <RectifiedKernel K>
void kernel_values(const K& kernel, const double* xy, double xx, const double* yy, double* out,
                   Index count) {
  rectified_values(rectifier(kernel), xy, xx, yy, out, count);
}

}  // namespace bochner
