// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/variance.hpp"

/// \file
/// Moments that depend on a pair through more than one number: rectified features (lengths and an
/// angle), and Fourier features of kernels that are not isotropic.

namespace bochner {

/// Whether the spec's rows are independent and of that kind.
bool has_direct_moments(const FeatureMapSpec& spec);

/// Of the mean of m independent rows. `x` and `y` are contiguous.
KernelMoments direct_moments(const FeatureMapSpec& spec, const double* x, const double* y);

/// E of the order-th power of a row, order 1 to 4: an integral over the directions that both inputs
/// see, or the kernel at multiples of x - y.
double direct_row_moment(const FeatureMapSpec& spec, int order, const double* x, const double* y);

}  // namespace bochner
