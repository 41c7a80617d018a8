// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

/// \file
/// A pair transform taken from data.

namespace bochner {

/// The transform of the softmax kernel under which features see the shortest vectors: shifts by the
/// mean of the queries (n x d) and of the keys (l x d), and of all M the one that minimises the
/// mean of |x'|^2 + |y'|^2, for maps of sums and of differences alike. With C_q and C_k the
/// covariances it is M = U^T P^{1/2}, where P C_q P = C_k, that is
///   P = C_q^{-1/2} (C_q^{1/2} C_k C_q^{1/2})^{1/2} C_q^{-1/2},
/// gives both sides one covariance, and the rotation U^T makes that diagonal, entries ascending:
/// what follows may treat each direction by itself (`with_optimal_parameters`). To each covariance
/// a millionth of its trace is added first, so that M has an inverse also where rows are fewer than
/// dimensions or lie in a subspace. Where the rows of either side are all equal, shifts alone.
/// [Likhosherstov23, sec. 3] O((n + l) d^2 + d^3). Throws InvalidArgument when a view is empty,
/// column counts differ, or on NaN or infinity.
///
/// ```cpp
/// Matrix<double> q(100, 2), k(100, 2);
/// for (Index i = 0; i < 100; ++i) q(i, i % 2) = 0.01 * i, k(i, 1 - i % 2) = 0.02 * i;
/// FeatureMapSpec spec{.input_dim = 2, .num_frequencies = 64, .kernel = SoftmaxKernel{}};
/// spec.transform = optimal_pair_transform(q.view(), k.view());
/// ```
BOCHNER_EXPORT PairTransform optimal_pair_transform(MatrixView<const double> queries,
                                                    MatrixView<const double> keys);
inline PairTransform optimal_pair_transform(MatrixView<const float> queries,
                                            MatrixView<const float> keys) {
  return optimal_pair_transform(in_double(queries).view(), in_double(keys).view());
}

/// The same for a kernel exp(scale A x . A y): M acts on rows in its metric. Throws InvalidArgument
/// for a kernel that is not the exponential of an inner product.
BOCHNER_EXPORT PairTransform optimal_pair_transform(const Kernel& kernel,
                                                    MatrixView<const double> queries,
                                                    MatrixView<const double> keys);
inline PairTransform optimal_pair_transform(const Kernel& kernel, MatrixView<const float> queries,
                                            MatrixView<const float> keys) {
  return optimal_pair_transform(kernel, in_double(queries).view(), in_double(keys).view());
}

}  // namespace bochner
