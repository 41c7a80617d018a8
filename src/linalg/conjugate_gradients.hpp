// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <functional>

/// \file
/// Preconditioned conjugate gradients for an operator that is never formed.

namespace bochner::linalg {

/// out <- A x, column by column; x and out are row-major, contiguous, n x k, and do not overlap.
using LinearOperator = std::function<void(MatrixView<const double> x, MatrixView<double> out)>;

struct ConjugateGradientsOptions {
  double tolerance = 1e-8;  ///< on |b - A x| / |b|, per column
  Index max_iterations = 1000;
  /// Called after every iteration with the number of iterations so far and the residual (as in the
  /// report); an exception ends the solve.
  std::function<void(Index iterations, double residual)> on_iteration{};
};

/// Why the iteration ended.
enum class ConjugateGradientsOutcome {
  converged,
  iteration_limit,
  breakdown,  ///< NaN, infinity, or an operator or preconditioner that is not positive definite
};

struct ConjugateGradientsReport {
  ConjugateGradientsOutcome outcome = ConjugateGradientsOutcome::converged;
  Index iterations = 0;   ///< an application of A each, and one more unless the given X is zero
  double residual = 0.0;  ///< the largest |b - A x| / |b| over columns, by the recurrence
};

/// Solves A X = B for positive definite A and n x k right-hand sides, starting from the given X.
/// The columns are k independent iterations that share the applications of A and of
/// `preconditioner`, an approximation of A^-1 (empty: the identity); one that has converged no
/// longer changes. Sums run over rows in order: the same bits whatever the operators do with
/// threads. 5 n k numbers of scratch. [Hestenes52]
ConjugateGradientsReport conjugate_gradients(const LinearOperator& a,
                                             const LinearOperator& preconditioner,
                                             MatrixView<const double> b, MatrixView<double> x,
                                             const ConjugateGradientsOptions& options = {});

}  // namespace bochner::linalg
