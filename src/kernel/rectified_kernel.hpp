// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/metric_transform.hpp"
#include "kernel/standard_form.hpp"

#include <concepts>

/// \file
/// What is common to kernels E f(w.A x) f(w.A y) with a rectifier f.

namespace bochner::kernels {

/// `check_options` throws InvalidArgument for options other than the metric.
template <class K>
concept RectifiedKernel = requires(const K& kernel) {
  kernel.metric;
  { kernel.check_options() } -> std::same_as<void>;
  { kernel.rectifier() } -> std::same_as<Rectifier>;
};

template <RectifiedKernel K>
SpectralMeasure rectified_measure(const K& kernel) {
  return {.law = kernel.rectifier()};
}

template <RectifiedKernel K>
StandardForm rectified_form(const K& kernel, Index dim) {
  kernel.check_options();
  return {.transform = transform_of(kernel.metric, dim, K::name),
          .amplitude = 0.0,
          .shift_invariant = false};
}

}  // namespace bochner::kernels
