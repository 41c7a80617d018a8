// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/gaussian.hpp"
#include "kernel/standard_form.hpp"

namespace bochner {

SpectralMeasure spectral_measure(const GaussianKernel& kernel);
StandardForm standard_form(const GaussianKernel& kernel, Index dim);
void kernel_values(const GaussianKernel& kernel, const double* xy, double xx, const double* yy,
                   double* out, Index count);

}  // namespace bochner
