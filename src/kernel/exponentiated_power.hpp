// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/exponentiated_power.hpp"
#include "kernel/radial.hpp"

namespace bochner {

void check_options(const ExponentiatedPowerKernel& kernel);
SpectralMeasure spectral_measure(const ExponentiatedPowerKernel& kernel);
void profile(const ExponentiatedPowerKernel& kernel, const double* square, double* out,
             Index count);

}  // namespace bochner
