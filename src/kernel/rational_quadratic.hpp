// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/rational_quadratic.hpp"
#include "kernel/radial.hpp"

namespace bochner {

void check_options(const RationalQuadraticKernel& kernel);
SpectralMeasure spectral_measure(const RationalQuadraticKernel& kernel);
void profile(const RationalQuadraticKernel& kernel, const double* square, double* out, Index count);

}  // namespace bochner
