// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/standard_form.hpp"

namespace bochner {

SpectralMeasure spectral_measure(const KernelSum& kernel);
SpectralMeasure spectral_measure(const KernelProduct& kernel);
StandardForm standard_form(const KernelSum& kernel, Index dim);
StandardForm standard_form(const KernelProduct& kernel, Index dim);
void values_by_rows(const KernelSum& kernel, const double* x, MatrixView<const double> y,
                    double* out);
void values_by_rows(const KernelProduct& kernel, const double* x, MatrixView<const double> y,
                    double* out);

}  // namespace bochner
