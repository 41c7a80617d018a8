// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/softmax.hpp"
#include "kernel/standard_form.hpp"

namespace bochner {

SpectralMeasure spectral_measure(const SoftmaxKernel& kernel);
StandardForm standard_form(const SoftmaxKernel& kernel, Index dim);
void kernel_values(const SoftmaxKernel& kernel, const double* xy, double xx, const double* yy,
                   double* out, Index count);

}  // namespace bochner
