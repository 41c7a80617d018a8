// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/laplacian.hpp"
#include "kernel/radial.hpp"

namespace bochner {

void check_options(const LaplacianKernel& kernel);
SpectralMeasure spectral_measure(const LaplacianKernel& kernel);
void profile(const LaplacianKernel& kernel, const double* square, double* out, Index count);

}  // namespace bochner
