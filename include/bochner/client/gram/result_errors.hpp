// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/execution.hpp>
#include <bochner/core/view.hpp>
#include <bochner/estimator/feature_error.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

/// \file
/// What is computed from a Gram matrix of features, and how far it depends on their draw.

namespace bochner {

/// MMD^2 between the rows of x and of y, the unbiased estimate of `two_sample_test`, as the one
/// result of `feature_error`. Linear in the contributions of the frequencies, so that the standard
/// error is unbiased and there is no bias. O((n + l) m d). Throws InvalidArgument unless both
/// samples have two rows or more, and as `feature_error` and GramApproximation.
template <Scalar T>
FeatureErrors two_sample_error(const FeatureMap<T>& map, ViewOf<const T> x, ViewOf<const T> y,
                               const FeatureErrorOptions& options = {},
                               const Execution& execution = {});

/// HSIC of rows x and y that were observed together, the statistic of `independence_test`, as the
/// one result. Maps of one seed are resampled together, others each by itself. O(n D_x D_y). Throws
/// InvalidArgument when sizes differ, n < 2, and as above.
template <Scalar T>
FeatureErrors independence_error(const FeatureMap<T>& map_x, ViewOf<const T> x,
                                 const FeatureMap<T>& map_y, ViewOf<const T> y,
                                 const FeatureErrorOptions& options = {},
                                 const Execution& execution = {});

/// The `count` largest eigenvalues of the Gram matrix of the rows of x, descending. O(n D^2 + 9
/// D^3) and 9 D^3 for each of at most 64 groups of blocks (or each replicate): for up to some
/// hundreds of features. Largest eigenvalues of estimates are too large on average, which `bias`
/// shows. Throws InvalidArgument unless 1 <= count <= min(n, D), and as above.
template <Scalar T>
FeatureErrors eigenvalue_error(const FeatureMap<T>& map, ViewOf<const T> x, Index count,
                               const FeatureErrorOptions& options = {},
                               const Execution& execution = {});

/// The variances of the first `count` kernel principal components of the rows of x, as
/// KernelPrincipalComponents has them, then their shares of the total variance: 2 count results.
/// Costs and throws as `eigenvalue_error`, and on rows that are all alike.
template <Scalar T>
FeatureErrors principal_component_error(const FeatureMap<T>& map, ViewOf<const T> x, Index count,
                                        const FeatureErrorOptions& options = {},
                                        const Execution& execution = {});

extern template BOCHNER_EXPORT FeatureErrors two_sample_error(const FeatureMap<float>&,
                                                              MatrixView<const float>,
                                                              MatrixView<const float>,
                                                              const FeatureErrorOptions&,
                                                              const Execution&);
extern template BOCHNER_EXPORT FeatureErrors two_sample_error(const FeatureMap<double>&,
                                                              MatrixView<const double>,
                                                              MatrixView<const double>,
                                                              const FeatureErrorOptions&,
                                                              const Execution&);
extern template BOCHNER_EXPORT FeatureErrors
independence_error(const FeatureMap<float>&, MatrixView<const float>, const FeatureMap<float>&,
                   MatrixView<const float>, const FeatureErrorOptions&, const Execution&);
extern template BOCHNER_EXPORT FeatureErrors
independence_error(const FeatureMap<double>&, MatrixView<const double>, const FeatureMap<double>&,
                   MatrixView<const double>, const FeatureErrorOptions&, const Execution&);
extern template BOCHNER_EXPORT FeatureErrors eigenvalue_error(const FeatureMap<float>&,
                                                              MatrixView<const float>, Index,
                                                              const FeatureErrorOptions&,
                                                              const Execution&);
extern template BOCHNER_EXPORT FeatureErrors eigenvalue_error(const FeatureMap<double>&,
                                                              MatrixView<const double>, Index,
                                                              const FeatureErrorOptions&,
                                                              const Execution&);
extern template BOCHNER_EXPORT FeatureErrors principal_component_error(const FeatureMap<float>&,
                                                                       MatrixView<const float>,
                                                                       Index,
                                                                       const FeatureErrorOptions&,
                                                                       const Execution&);
extern template BOCHNER_EXPORT FeatureErrors principal_component_error(const FeatureMap<double>&,
                                                                       MatrixView<const double>,
                                                                       Index,
                                                                       const FeatureErrorOptions&,
                                                                       const Execution&);

}  // namespace bochner
