// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/spectral_mixture.hpp"
#include "kernel/standard_form.hpp"

namespace bochner {

SpectralMeasure spectral_measure(const SpectralMixtureKernel& kernel);
StandardForm standard_form(const SpectralMixtureKernel& kernel, Index dim);
void values_by_rows(const SpectralMixtureKernel& kernel, const double* x,
                    MatrixView<const double> y, double* out);

}  // namespace bochner
