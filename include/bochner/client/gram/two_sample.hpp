// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/gram/approximation.hpp>
#include <bochner/client/gram/exact.hpp>
#include <bochner/client/gram/kernel_test.hpp>

/// \file
/// Whether two samples have the same law: maximum mean discrepancy.

namespace bochner {

/// The unbiased estimate of MMD^2 [Gretton12, eq. 3] between the first `first_rows` rows of a Gram
/// matrix and the others, n and l of them,
///   sum_{i != j} k(x_i, x_j) / (n (n - 1)) + sum_{i != j} k(y_i, y_j) / (l (l - 1))
///     - 2 sum_ij k(x_i, y_j) / (n l),
/// with a p-value of the hypothesis that all rows are drawn from the same law.
///
/// By permutation rows are dealt to the two samples anew, B times. Products with the matrix, 64
/// columns at a time: O((n + l) D B) for features. By the limit law, the estimate is
///   (1 / n + 1 / l) sum_k lambda_k (X_k - 1),
/// lambda the eigenvalues of the covariance of the features of all rows and X_k chi-squared with
/// one degree of freedom [Gretton12, theorem 12]: O((n + l) D^2 + min(n + l, D)^3).
///
/// The same bits for any number of threads. Throws InvalidArgument unless both samples have two
/// rows or more, on permutations < 1, and as `multiply`.
template <Scalar T>
KernelTest two_sample_test(const GramApproximation<T>& pooled, Index first_rows,
                           const KernelTestOptions& options = {}, const Execution& execution = {});
/// The same with the exact kernel: O((n + l)^2 (d + B)) by permutation, O((n + l)^3) and (n + l)^2
/// numbers by the limit law.
BOCHNER_EXPORT KernelTest two_sample_test(const ExactGram& pooled, Index first_rows,
                                          const KernelTestOptions& options = {},
                                          const Execution& execution = {});
/// The same for the rows of x and of y under a map.
template <Scalar T>
KernelTest two_sample_test(const FeatureMap<T>& map, ViewOf<const T> x, ViewOf<const T> y,
                           const KernelTestOptions& options = {}, const Execution& execution = {});

extern template BOCHNER_EXPORT KernelTest two_sample_test(const GramApproximation<float>&, Index,
                                                          const KernelTestOptions&,
                                                          const Execution&);
extern template BOCHNER_EXPORT KernelTest two_sample_test(const GramApproximation<double>&, Index,
                                                          const KernelTestOptions&,
                                                          const Execution&);
extern template BOCHNER_EXPORT KernelTest two_sample_test(const FeatureMap<float>&,
                                                          MatrixView<const float>,
                                                          MatrixView<const float>,
                                                          const KernelTestOptions&,
                                                          const Execution&);
extern template BOCHNER_EXPORT KernelTest two_sample_test(const FeatureMap<double>&,
                                                          MatrixView<const double>,
                                                          MatrixView<const double>,
                                                          const KernelTestOptions&,
                                                          const Execution&);

}  // namespace bochner
