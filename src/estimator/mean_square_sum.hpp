// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "bochner/feature_map.hpp"
#include "core/door.hpp"

#include <vector>

/// \file
/// The mean squared length of the vectors that moments depend on.

namespace bochner::estimator {

/// Mean |x~_i + y~_j|^2 over all pairs of rows, after scaling and centring: a sum of squares about
/// the means, which cannot cancel. O((n + l) input_dim). Throws InvalidArgument when the spec is
/// not valid; the door refuses one without a closed form.
double mean_square_sum(const Door& door, const FeatureMapSpec& spec, MatrixView<const double> x,
                       MatrixView<const double> y);

/// What the moments depend on, by direction: mean (x~_i + y~_j)_k^2, for maps of differences
/// mean (x~_i - y~_j)_k^2.
std::vector<double> mean_squares(const Door& door, const FeatureMapSpec& spec,
                                 MatrixView<const double> x, MatrixView<const double> y);

}  // namespace bochner::estimator
