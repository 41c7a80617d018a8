// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/standard_form.hpp"

/// \file
/// Values of a kernel that keep their digits far from the origin.

namespace bochner::kernels {

/// high + low = A x in twice the precision; neither may be x.
void apply_precisely(const InputTransform& transform, const double* x, double* high, double* low);

/// out[j] = k(x, y_j) of a kernel in its standard form, from rows that are not transformed; y has
/// unit column stride. Differences are taken before anything is rounded, inner products in twice
/// the precision. NaN or infinity where double cannot hold the value.
void precise_values(const Kernel& kernel, const StandardForm& form, const double* x,
                    MatrixView<const double> y, double* out);

}  // namespace bochner::kernels
