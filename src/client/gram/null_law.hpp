// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/gram/exact.hpp"
#include "client/gram/feature_source.hpp"
#include "core/door.hpp"

#include <vector>

/// \file
/// The weights of the chi-squared variables that a statistic tends to, where there is nothing to
/// find. All throw InvalidArgument when features overflow.

namespace bochner::gram {

/// The lower triangle of sum_i phi_i phi_i^T / count, D x D with rows padded to whole panels; the
/// powers of two are multiplied in.
template <Scalar T>
Matrix<double> second_moments(const FeatureSource<T>& source, double count,
                              const Execution& execution);

/// The eigenvalues of Phi^T Phi / (n - 1), centred rows Phi, that may differ from zero: min(n, D),
/// ascending.
template <Scalar T>
std::vector<double> covariance_eigenvalues(const Door& door, const FeatureSource<T>& centred,
                                           const Execution& execution);

/// Those of H K H / (n - 1), H = I - 1 1^T / n.
std::vector<double> covariance_eigenvalues(const Door& door, const ExactGram& gram,
                                           const Execution& execution);

}  // namespace bochner::gram
