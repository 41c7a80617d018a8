// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/matern.hpp"
#include "kernel/radial.hpp"

namespace bochner {

void check_options(const MaternKernel& kernel);
SpectralMeasure spectral_measure(const MaternKernel& kernel);
void profile(const MaternKernel& kernel, const double* square, double* out, Index count);

}  // namespace bochner
