// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/ridge_regression.hpp"
#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"

#include <optional>
#include <span>
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

  Index num_features() const { return static_cast<Index>(mean_features.size()); }
  Index num_targets() const { return static_cast<Index>(yy.size()); }
  /// Rows less what the intercept takes.
  Index degrees() const { return num_rows - (intercept == Intercept::fitted ? 1 : 0); }
};

/// Takes the moments of [phi, y, 1] over `num_rows` rows, and their memory. Throws InvalidArgument
/// when there are none of positive weight.
RidgeSystem ridge_system(const char* function, Matrix<double> moments, Index num_features,
                         Index num_targets, Index num_rows, Intercept intercept);

/// Turns `a` into the Cholesky factor of A + W lambda I (see linalg::cholesky). Returns the first
/// feature whose pivot is nothing but rounding, if there is one: its coefficient would be, too.
std::optional<Index> factorise(RidgeSystem& system, double ridge, const Execution& execution);

/// The same, or SingularSystem, saying which feature it is and what to do.
void factorise_or_refuse(const char* function, RidgeSystem& system, double ridge,
                         const Execution& execution);

/// What A's diagonal leaves to rounding: pivots of A + p I up to this are made of nothing else.
double pivot_rounding(Index num_features, double largest_diagonal);

/// theta -> intercept, in units of the moments' targets.
std::vector<double> intercepts_of(const RidgeSystem& system, MatrixView<const double> theta);

/// Throws InvalidArgument unless lambda is in [0, 1e100].
void check_ridge(const char* function, double ridge);

/// The same of every entry, and when there is none.
void check_ridges(const char* function, std::span<const double> ridges);

}  // namespace bochner::regression
