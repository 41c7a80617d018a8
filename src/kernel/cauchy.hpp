// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/cauchy.hpp"
#include "kernel/radial.hpp"

namespace bochner {

void check_options(const CauchyKernel& kernel);
SpectralMeasure spectral_measure(const CauchyKernel& kernel);
void profile(const CauchyKernel& kernel, const double* square, double* out, Index count);

}  // namespace bochner
