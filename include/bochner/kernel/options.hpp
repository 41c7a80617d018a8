// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/export.hpp>
#include <bochner/kernel/kernel.hpp>

/// \file
/// Options that many kernels have, whichever the kernel is.

namespace bochner {

/// The kernel's metric, or null when it has none.
BOCHNER_EXPORT Metric* metric_of(Kernel& kernel);
BOCHNER_EXPORT const Metric* metric_of(const Kernel& kernel);

/// The metric where it is what sets the kernel's scale; null where the kernel has none, or has a
/// factor of x.y for that.
BOCHNER_EXPORT Metric* lengthscales_of(Kernel& kernel);
BOCHNER_EXPORT const Metric* lengthscales_of(const Kernel& kernel);

/// The factor of x.y in a kernel exp(scale x.y), or null for another kernel.
BOCHNER_EXPORT double* dot_scale_of(Kernel& kernel);
BOCHNER_EXPORT const double* dot_scale_of(const Kernel& kernel);

}  // namespace bochner
