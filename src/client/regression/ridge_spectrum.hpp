// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "client/regression/ridge_system.hpp"
#include "linalg/band.hpp"
#include "linalg/band_reduction.hpp"

#include <optional>
#include <span>
#include <vector>

/// \file
/// All ridge solutions of one system.

namespace bochner::regression {

/// What one ridge gives; residuals by target.
struct RidgeCriteria {
  std::vector<double> residual;
  double degrees_of_freedom = 0.0;
  double gcv = 0.0;
  double log_evidence = 0.0;
};

/// A = Q B Q^T, B a band, is computed once; after that every ridge needs only B.
class RidgeSpectrum {
 public:
  explicit RidgeSpectrum(RidgeSystem system, const Execution& execution = {});

  const RidgeSystem& system() const noexcept { return system_; }

  /// Nothing where the system is singular. `log_weights` is the sum of the logarithms of the rows'
  /// weights.
  std::optional<RidgeCriteria> criteria(double ridge, double log_weights) const;

  /// Q^T theta at a ridge, num_features x t padded; or nothing.
  std::optional<Matrix<double>> rotated_coefficients(double ridge) const;

  /// (A + W lambda I)^-1 Q c for columns c (padded rows), in rotated coordinates: c is replaced by
  /// (B + W lambda I)^-1 c. False where the system is singular.
  bool solve_rotated(double ridge, MatrixView<double> c) const;

  /// Into and out of rotated coordinates.
  void rotate(MatrixView<double> c, const Execution& execution = {}) const;
  void rotate_back(MatrixView<double> c, const Execution& execution = {}) const;

 private:
  /// B + W lambda I; nothing where a pivot is within the bound of `factorise`: the pivots of the
  /// two forms differ by a factor of D at most.
  std::optional<linalg::BandCholesky> factored(double ridge) const;

  RidgeSystem system_;
  double largest_diagonal_;
  linalg::BandReduction reduction_;
  Matrix<double> rotated_b_;
};

}  // namespace bochner::regression
