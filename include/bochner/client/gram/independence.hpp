// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/gram/approximation.hpp>
#include <bochner/client/gram/permutation_test.hpp>

/// \file
/// Whether two variables that were observed together are independent: the Hilbert-Schmidt
/// independence criterion.

namespace bochner {

/// HSIC = tr(K H L H) / n^2 = |Phi^T H Psi|_F^2 / n^2, H = I - 1 1^T / n [Gretton05], K = Phi Phi^T
/// of n rows and L = Psi Psi^T of the n rows observed with them, with a p-value of the hypothesis
/// that the two are independent: the rows of L are permuted, B times. O(n D_x D_y B): a few hundred
/// features are enough for a test [Zhang18]. Holds n D_y numbers. The same bits for any number of
/// threads. Throws InvalidArgument when sizes differ, n < 2, permutations < 1, and when a feature
/// overflows.
template <Scalar T>
PermutationTest independence_test(const GramApproximation<T>& x, const GramApproximation<T>& y,
                                  const PermutationTestOptions& options = {},
                                  const Execution& execution = {});

extern template BOCHNER_EXPORT PermutationTest independence_test(const GramApproximation<float>&,
                                                                 const GramApproximation<float>&,
                                                                 const PermutationTestOptions&,
                                                                 const Execution&);
extern template BOCHNER_EXPORT PermutationTest independence_test(const GramApproximation<double>&,
                                                                 const GramApproximation<double>&,
                                                                 const PermutationTestOptions&,
                                                                 const Execution&);

}  // namespace bochner
