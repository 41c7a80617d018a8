// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/normal_equations.hpp>
#include <bochner/client/regression/ridge_regression.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/field.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/export.hpp>

#include <span>
#include <tuple>
#include <vector>

/// \file
/// What every ridge would do, from one factorisation.

namespace bochner {

/// One entry for each ridge. No residual is reported smaller than the rounding of the sums whose
/// difference it is. A constant target adds nothing to the evidence. Where the system at a ridge is
/// singular in double precision, residuals are NaN, `gcv` is infinite and `log_evidence` minus
/// infinity.
struct RidgePath {
  std::vector<double> ridge;
  /// Weighted residual sum of squares, ridges x targets.
  Matrix<double> residuals;
  /// Effective degrees of freedom, sum_j e_j / (e_j + W lambda) over the eigenvalues of A, plus one
  /// for an intercept.
  std::vector<double> degrees_of_freedom;
  /// Generalised cross-validation [Golub79], n RSS / (n - df)^2, mean over the targets. It assumes
  /// that all rows are drawn alike: on tables with a few outliers it falls without bound as the
  /// ridge shrinks, and where rows come in groups it rewards memorising them. A description of a
  /// path; choose by cross-validation.
  std::vector<double> gcv;
  /// Log marginal likelihood of the Bayesian model at the noise variance that maximises it, natural
  /// logarithm, sum over the targets. With an intercept, that of the contrasts (a flat prior has no
  /// density): comparable between maps and ridges on the same rows.
  std::vector<double> log_evidence;

  static constexpr auto fields() {
    return std::tuple{Field{"ridge", &RidgePath::ridge}, Field{"residuals", &RidgePath::residuals},
                      Field{"degrees_of_freedom", &RidgePath::degrees_of_freedom},
                      Field{"gcv", &RidgePath::gcv},
                      Field{"log_evidence", &RidgePath::log_evidence}};
  }
};

/// The path of `equations` over `ridges` (any order). 4/3 D^3 operations once, then O(D) per ridge:
/// D = 4,096 and 100 ridges cost little more than one solve. Throws InvalidArgument on a ridge that
/// is not in [0, 1e100], without ridges, and when there is no row of positive weight.
template <Scalar T>
RidgePath ridge_path(const NormalEquations<T>& equations, std::span<const double> ridges,
                     Intercept intercept = Intercept::fitted, const Execution& execution = {});

/// `count` >= 2 ridges from `smallest` to `largest`, both positive, at equal ratios. Throws
/// InvalidArgument otherwise.
BOCHNER_EXPORT std::vector<double> logarithmic_ridges(double smallest, double largest, Index count);

extern template BOCHNER_EXPORT RidgePath ridge_path(const NormalEquations<float>&,
                                                    std::span<const double>, Intercept,
                                                    const Execution&);
extern template BOCHNER_EXPORT RidgePath ridge_path(const NormalEquations<double>&,
                                                    std::span<const double>, Intercept,
                                                    const Execution&);

}  // namespace bochner
