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

/// The factor of x.y in a kernel exp(scale x.y), or null for another kernel.
BOCHNER_EXPORT double* dot_scale_of(Kernel& kernel);
BOCHNER_EXPORT const double* dot_scale_of(const Kernel& kernel);

}  // namespace bochner
