// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <span>
#include <vector>

/// \file
/// The parameters of feature functions that minimise the variance.

namespace bochner {

/// For OPRF features: a* = (1 - 2p - sqrt((1 + 2p)^2 + 8p)) / 16 with p = z2 / dim, in a form that
/// does not cancel; it minimises the variance at a pair with |x + y|^2 = z2 (inputs after the
/// kernel's scaling), and, z2 a mean over pairs, the mean log second moment
/// [Likhosherstov22, thm 3.3]. The same a* is optimal over orthogonal blocks, whose covariances do
/// not depend on it. In (-infinity, 0]; -z2 / (2 dim) for small z2. Throws InvalidArgument unless
/// z2 is finite and not negative and dim >= 1.
BOCHNER_EXPORT double optimal_oprf_parameter(double z2, Index dim);

/// For hyperbolic OPRF features: the fixed point of a = a*(z2 / (1 + e^{-k})), k = 2 z2 (1 - 4a) /
/// (1 - 8a), which is unique. Smaller in size than for OPRF, the same for large z2. Throws as
/// above.
BOCHNER_EXPORT double optimal_hyperbolic_oprf_parameter(double z2, Index dim);

/// Whether a feature function has the parameter a.
BOCHNER_EXPORT bool has_parameter(const FeatureFunction& features);

/// The feature function with its parameter a at the optimum; one without a parameter as it is.
/// Throws as above.
BOCHNER_EXPORT FeatureFunction with_optimal_parameter(FeatureFunction features, double z2,
                                                      Index dim);

/// One parameter per direction, z2[l] the mean of (x + y)_l^2 there: a*_l is that of one dimension.
/// Throws InvalidArgument when z2 is empty or holds a number that is negative or not finite.
BOCHNER_EXPORT std::vector<double> optimal_oprf_parameters(std::span<const double> z2);

/// The same for hyperbolic features: the joint fixed point of a_l = a*(z2[l] / (1 + e^{-k})), k =
/// 2 sum_l z2[l] (1 - 4a_l) / (1 - 8a_l). Throws as above.
BOCHNER_EXPORT std::vector<double> optimal_hyperbolic_oprf_parameters(std::span<const double> z2);

/// The feature function with one parameter per direction at the optimum; one without a parameter as
/// it is. Throws as above.
BOCHNER_EXPORT FeatureFunction with_optimal_parameters(FeatureFunction features,
                                                       std::span<const double> z2);

/// The z2 of the three above from data: mean (x~_i + y~_j)_l^2 over all pairs of rows, one per
/// direction, after the kernel's scaling and the spec's transform. Directions are worth a parameter
/// each where they differ: see `optimal_pair_transform`. O((n + l) input_dim), with a matrix
/// input_dim^2. Throws InvalidArgument when the spec is not valid or has no closed form, columns
/// are not input_dim, a view is empty, or on NaN or infinity.
BOCHNER_EXPORT std::vector<double> mean_square_sums(const FeatureMapSpec& spec,
                                                    MatrixView<const double> x,
                                                    MatrixView<const double> y);

/// The radius of Maclaurin features that minimises the summed variance of the random columns over
/// pairs of rows of x and y, up to 64 of each, drawn with one seed: that of f(r) sum f(t / r), r =
/// radius^2, which is convex in log r. O(64^2 (input_dim + terms)). Throws InvalidArgument when the
/// kernel is not of the form f(x.y) or not valid for their columns, when there are no rows, or
/// columns differ.
BOCHNER_EXPORT double optimal_maclaurin_radius(const Kernel& kernel, ExactTerms exact,
                                               MatrixView<const double> x,
                                               MatrixView<const double> y);

}  // namespace bochner
