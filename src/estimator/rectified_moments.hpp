// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/variance.hpp"

/// \file
/// Moments of rectified features, whose rows depend on lengths and an angle.

namespace bochner {

/// Whether the spec's rows are independent rectified features.
bool has_rectified_moments(const FeatureMapSpec& spec);

/// Of m independent rows f(w.u) f(w.v): the second moment of a row is an integral over the
/// directions that both inputs see. `x` and `y` are contiguous.
KernelMoments rectified_moments(const FeatureMapSpec& spec, const double* x, const double* y);

/// E of the order-th power of a row, order 1 to 4.
double rectified_row_moment(const FeatureMapSpec& spec, int order, const double* x,
                            const double* y);

}  // namespace bochner
