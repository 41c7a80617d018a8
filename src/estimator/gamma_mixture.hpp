// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

/// \file
/// Mixtures of gamma laws of one shape that have given moments.

namespace bochner::estimator {

/// sum_i share_i Gamma(shape, scale_i)
struct GammaMixture {
  double shape = 1.0;
  std::vector<double> scales;
  std::vector<double> shares;

  /// P(X > x)
  double tail(double x) const;
};

/// The mixture of up to four laws with the first moments of sum_i weights_i X_i, X_i independent
/// chi-squared variables with one degree of freedom [Lindsay00]: the moments over those of a
/// standard gamma variable of shape 1 / s are moments of the scales for s up to the first at which
/// their Hankel matrix is singular, where a law of as many points as it has rank is the only one.
GammaMixture gamma_mixture(const std::vector<double>& weights);

}  // namespace bochner::estimator
