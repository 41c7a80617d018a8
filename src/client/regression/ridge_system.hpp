// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/ridge_regression.hpp"
#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "core/door.hpp"

#include <optional>
#include <span>
#include <utility>
#include <vector>

/// \file
/// Moments turned into a positive semidefinite system.

namespace bochner::regression {

/// A system that is singular at its ridge: what a search of many ridges scores as infinite.
class SingularSystem : public InvalidArgument {
 public:
  using InvalidArgument::InvalidArgument;
};

/// (A + W lambda I) theta = b for every target. With an intercept, A, b and yy are moments about
/// the weighted means of features and targets.
struct RidgeSystem {
  Matrix<double> a;  ///< lower triangle of the first num_features rows and columns
  Matrix<double> b;  ///< num_features x t, padded
  std::vector<double> yy;
  std::vector<double> mean_features;  ///< zeros without an intercept
  std::vector<double> mean_targets;
  Intercept intercept = Intercept::fitted;
  double weight = 0.0;  ///< W
  Index num_rows = 0;

  MatrixView<double> square() {
    return a.view().middle_rows(0, num_features()).middle_cols(0, num_features());
  }
  MatrixView<const double> square() const {
    return a.view().middle_rows(0, num_features()).middle_cols(0, num_features());
  }
  Index num_features() const { return static_cast<Index>(mean_features.size()); }
  Index num_targets() const { return static_cast<Index>(yy.size()); }
  /// Rows less what the intercept takes.
  Index degrees() const { return num_rows - (intercept == Intercept::fitted ? 1 : 0); }
};

/// Moments of [phi, y - offset, 1] become those of [phi, y, 1]; no offset is one of zeros.
void undo_offset(std::span<const double> offset, Index num_features, Matrix<double>& moments);

/// Takes the moments of [phi, y, 1] over `num_rows` rows, and their memory. Throws InvalidArgument
/// when there are none of positive weight.
RidgeSystem ridge_system(const Door& door, Matrix<double> moments, Index num_features,
                         Index num_targets, Index num_rows, Intercept intercept);

/// The same of `equations`: without an intercept, about targets of zero, whatever the equations'
/// target_offset.
template <Scalar T>
RidgeSystem ridge_system(const Door& door, const NormalEquations<T>& equations, Intercept intercept,
                         const Execution& execution) {
  const Index features = equations.num_features();
  Matrix<double> moments = equations.moments(execution);
  if (intercept == Intercept::none) {
    undo_offset(equations.options().target_offset, features, moments);
  }
  return ridge_system(door, std::move(moments), features, equations.num_targets(),
                      equations.num_rows(), intercept);
}

/// Turns `a` into the Cholesky factor R of a + shift I (see linalg::cholesky). Returns the first
/// row whose pivot is nothing but rounding error, if there is one: a solution would be no more.
std::optional<Index> factorise(MatrixView<double> a, double shift, const Execution& execution);

/// The same of A + W lambda I; throws SingularSystem, saying which feature it is and what to do.
void factorise_or_refuse(const Door& door, RidgeSystem& system, double ridge,
                         const Execution& execution);

/// b <- (R^T R)^-1 b, rows padded.
void solve_factored(MatrixView<const double> r, MatrixView<double> b, const Execution& execution);

/// Bound on the rounding errors in the pivots of A + p I: a pivot up to this may be nothing else.
double pivot_rounding(Index num_features, double largest_diagonal);

/// The least 1 - h that is more than rounding, h a leverage computed with the factor r: a sum of D
/// terms of order one, by the inverse of a matrix of its condition.
double least_unexplained(MatrixView<const double> r);

/// theta -> intercept, in units of the moments' targets, from the means of targets and features.
std::vector<double> intercepts_of(std::vector<double> mean_targets,
                                  std::span<const double> mean_features,
                                  MatrixView<const double> theta);
inline std::vector<double> intercepts_of(const RidgeSystem& system,
                                         MatrixView<const double> theta) {
  return intercepts_of(system.mean_targets, system.mean_features, theta);
}

/// sigma^2 of every target, from what its solution leaves unexplained of its squares `yy`; b are
/// its moments with the features.
std::vector<double> noise_variances_of(MatrixView<const double> b, std::span<const double> yy,
                                       MatrixView<const double> theta, Index degrees);

}  // namespace bochner::regression
