// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/ridge_regression.hpp>
#include <bochner/client/regression/training_rows.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/field.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <array>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <tuple>

/// \file
/// Ridge regression by whatever solver suits the problem.

namespace bochner {

enum class Solver {
  automatic,           ///< dual when n < D and n <= 8,192, else cholesky up to 8,192 features, else
                       ///< iterative
  cholesky,            ///< of the D x D normal equations
  dual,                ///< Cholesky of the n x n system: the same solution
  conjugate_gradients  ///< no matrix: features are recomputed, block by block, at every iteration
};
constexpr std::array<std::string_view, 4> names_of(Solver) {
  return {"automatic", "cholesky", "dual", "conjugate-gradients"};
}

struct FitOptions {
  RidgeOptions model;  ///< what is fitted; the rest is how
  Solver solver = Solver::automatic;
  double tolerance = 1e-6;     ///< conjugate gradients: on |b - (A + W lambda) theta| / |b|
  Index max_iterations = 500;  ///< conjugate gradients
  /// Rows of the sketch that preconditions conjugate gradients: s x s numbers. 0: as many as make
  /// that a sixteenth of D^2, at most n.
  Index sketch_rows = 0;
  Seed seed{};  ///< of the sketch
  /// Called after every iteration of conjugate gradients with their number and the residual, as the
  /// recurrence has it; what it throws ends the fit.
  std::function<void(Index iterations, double residual)> on_iteration{};

  static constexpr auto fields() {
    return std::tuple{Field{"model", &FitOptions::model},
                      Field{"solver", &FitOptions::solver},
                      Field{"tolerance", &FitOptions::tolerance},
                      Field{"max_iterations", &FitOptions::max_iterations},
                      Field{"sketch_rows", &FitOptions::sketch_rows},
                      Field{"seed", &FitOptions::seed}};
  }
  static constexpr auto borrowed() {
    return std::tuple{Field{"on_iteration", &FitOptions::on_iteration}};
  }
};

struct FitReport {
  Solver solver = Solver::cholesky;  ///< that ran
  Index iterations = 0;              ///< of conjugate gradients, one pass over the data each
  double residual = 0.0;  ///< of conjugate gradients: the largest |b - (A + W lambda) theta| / |b|
  bool converged = true;
  Index sketch_rows = 0;

  static constexpr auto fields() {
    return std::tuple{
        Field{"solver", &FitReport::solver}, Field{"iterations", &FitReport::iterations},
        Field{"residual", &FitReport::residual}, Field{"converged", &FitReport::converged},
        Field{"sketch_rows", &FitReport::sketch_rows}};
  }
};

/// "conjugate gradients: 41 iterations, relative residual 8.1e-07, sketch of 512 rows", or the
/// solver's name where it does not iterate.
BOCHNER_EXPORT std::string to_text(const FitReport& report);
BOCHNER_EXPORT std::ostream& operator<<(std::ostream& out, const FitReport& report);

template <Scalar T>
struct RidgeFit {
  RidgeRegression<T> model;
  FitReport report;
};

/// Fits to all rows. Posterior::full needs the Cholesky solver, which is then what `automatic`
/// means. Reaching the limit on iterations is reported, not thrown. Throws InvalidArgument as
/// NormalEquations and RidgeRegression do, on options out of range, and on conjugate gradients
/// without a ridge.
template <Scalar T>
RidgeFit<T> fit_ridge(const FeatureMap<T>& map, const TrainingRows<T>& rows,
                      const FitOptions& options = {}, const Execution& execution = {});

extern template BOCHNER_EXPORT RidgeFit<float> fit_ridge(const FeatureMap<float>&,
                                                         const TrainingRows<float>&,
                                                         const FitOptions&, const Execution&);
extern template BOCHNER_EXPORT RidgeFit<double> fit_ridge(const FeatureMap<double>&,
                                                          const TrainingRows<double>&,
                                                          const FitOptions&, const Execution&);

}  // namespace bochner
