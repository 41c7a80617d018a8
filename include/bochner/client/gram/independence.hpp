// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/gram/approximation.hpp>
#include <bochner/client/gram/kernel_test.hpp>

/// \file
/// Whether two variables that were observed together are independent: the Hilbert-Schmidt
/// independence criterion.

namespace bochner {

/// HSIC = tr(K H L H) / n^2 = |Phi^T H Psi|_F^2 / n^2, H = I - 1 1^T / n [Gretton05], K = Phi Phi^T
/// of n rows and L = Psi Psi^T of the n rows observed with them, with a p-value of the hypothesis
/// that the two are independent. A few hundred features are enough for a test [Zhang18].
///
/// By permutation the rows of L are permuted, B times: O(n D_x D_y B). By the limit law, n HSIC is
/// sum_jk lambda_j mu_k X_jk, lambda and mu the eigenvalues of the covariances of Phi and Psi (one
/// over n, the other over n - 1: the mean is then that over all permutations) and X_jk chi-squared
/// with one degree of freedom [Gretton07]: O(n (D_x + D_y)^2 + min(n, D_x)^3 + min(n, D_y)^3), and
/// D_x D_y weights. Holds n D_y numbers. The same bits for any number of threads. Throws
/// InvalidArgument when sizes differ, n < 2, permutations < 1, and when a feature overflows.
template <Scalar T>
KernelTest independence_test(const GramApproximation<T>& x, const GramApproximation<T>& y,
                             const KernelTestOptions& options = {},
                             const Execution& execution = {});

extern template BOCHNER_EXPORT KernelTest independence_test(const GramApproximation<float>&,
                                                            const GramApproximation<float>&,
                                                            const KernelTestOptions&,
                                                            const Execution&);
extern template BOCHNER_EXPORT KernelTest independence_test(const GramApproximation<double>&,
                                                            const GramApproximation<double>&,
                                                            const KernelTestOptions&,
                                                            const Execution&);

}  // namespace bochner
