// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

/// \file
/// Centring taken from data.

namespace bochner {

/// The centring under which mean query and mean key, x (n x d) and y (l x d), sum to zero for maps
/// of sums (positive and its relatives) and are equal for maps of differences: it takes
/// |mean(x) + mean(y)|^2, or |mean(x) - mean(y)|^2, off the mean square that variances grow with.
/// One centre on both sides, which changes no variance, where the kernel is shift-invariant. O((n +
/// l) d). Throws InvalidArgument when a view is empty, column counts differ, or on NaN or infinity.
BOCHNER_EXPORT PairTransform optimal_centring(const Kernel& kernel, const FeatureFunction& features,
                                              MatrixView<const double> x,
                                              MatrixView<const double> y);
inline PairTransform optimal_centring(const Kernel& kernel, const FeatureFunction& features,
                                      MatrixView<const float> x, MatrixView<const float> y) {
  return optimal_centring(kernel, features, in_double(x).view(), in_double(y).view());
}

}  // namespace bochner
