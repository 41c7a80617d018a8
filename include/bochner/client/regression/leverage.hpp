// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/normal_equations.hpp>
#include <bochner/client/regression/ridge_regression.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/export.hpp>

#include <vector>

/// \file
/// How much each feature takes part in a ridge solution.

namespace bochner {

/// Ridge leverage scores [Avron17], one per feature: the diagonal of A (A + W lambda I)^-1, each in
/// [0, 1); without an intercept their sum is the effective degrees of freedom (with one, one less).
/// The score of a frequency is the sum over its features. [Avron17] draws frequencies in
/// proportion; that is a choice made from data, which a FeatureMapSpec does not describe. O(D^3).
/// Throws InvalidArgument as RidgeRegression does.
template <Scalar T>
std::vector<double> ridge_leverage(const NormalEquations<T>& equations, double ridge,
                                   Intercept intercept = Intercept::fitted,
                                   const Execution& execution = {});

extern template BOCHNER_EXPORT std::vector<double> ridge_leverage(const NormalEquations<float>&,
                                                                  double, Intercept,
                                                                  const Execution&);
extern template BOCHNER_EXPORT std::vector<double> ridge_leverage(const NormalEquations<double>&,
                                                                  double, Intercept,
                                                                  const Execution&);

}  // namespace bochner
