// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/generalised_cauchy.hpp"
#include "kernel/radial.hpp"

namespace bochner {

void check_options(const GeneralisedCauchyKernel& kernel);
SpectralMeasure spectral_measure(const GeneralisedCauchyKernel& kernel);
void profile(const GeneralisedCauchyKernel& kernel, const double* square, double* out, Index count);

}  // namespace bochner
