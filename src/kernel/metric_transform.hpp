// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/metric.hpp"
#include "kernel/transform.hpp"

#include <string_view>

namespace bochner::kernels {

/// The metric's A. Throws InvalidArgument, naming `kernel_name`, when a lengthscale is not finite
/// and positive or when sizes do not match `dim`.
InputTransform transform_of(const Metric& metric, Index dim, std::string_view kernel_name);

/// Multiplies all lengths by a positive factor: A becomes A / factor.
void stretch(Metric& metric, double factor);

}  // namespace bochner::kernels
