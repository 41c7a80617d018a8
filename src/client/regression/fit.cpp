// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/fit.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/drawn_rows.hpp"
#include "client/regression/gathered_rows.hpp"
#include "client/regression/ridge_system.hpp"
#include "client/regression/row_operator.hpp"
#include "client/regression/target_scale.hpp"
#include "core/text.hpp"
#include "linalg/conjugate_gradients.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace bochner {
namespace {

constexpr Door kFitRidge("fit_ridge");
/// Above this many features the normal equations are not formed unless asked for.
constexpr Index kCholeskyUpTo = 8192;

/// Z Z^T + shift I, factored; nothing when it is singular.
class ShiftedRows {
 public:
  template <Scalar T>
  ShiftedRows(const regression::RowOperator<T>& z, double shift, const Execution& execution)
      : r_(z.row_products()), execution_(execution) {
    regular_ = !regression::factorise(square(), shift, execution);
  }

  bool regular() const { return regular_; }
  void solve(MatrixView<double> b) const { regression::solve_factored(square(), b, execution_); }

 private:
  Index size() const { return r_.rows(); }
  MatrixView<double> square() { return r_.view().middle_cols(0, size()); }
  MatrixView<const double> square() const { return r_.view().middle_cols(0, size()); }

  Matrix<double> r_;
  Execution execution_;
  bool regular_ = false;
};

void refuse_singular(double ridge) {
  kFitRidge.refuse("the system is singular at ridge " + text::number(ridge) +
                   "; a larger ridge is needed");
}

/// The model's rows and right-hand sides.
template <Scalar T>
struct System {
  System(const FeatureMap<T>& map, const TrainingRows<T>& rows, const RidgeOptions& options,
         const Execution& execution)
      : z(kFitRidge, map, rows, options.intercept, execution),
        scale(regression::target_scale(kFitRidge, rows)),
        y(rows.x.rows, rows.targets.cols),
        b(map.num_features(), simd::padded<double>(rows.targets.cols)),
        t(rows.targets.cols),
        penalty(z.weight() * options.ridge) {
    if (options.intercept == Intercept::none) std::fill(scale.mean.begin(), scale.mean.end(), 0.0);
    for (Index i = 0; i < rows.x.rows; ++i) {
      const double weight = regression::weight_of(rows, i);
      num_positive += weight > 0.0 ? 1 : 0;
      for (Index c = 0; c < t; ++c) {
        y(i, c) =
            std::sqrt(weight) * (rows.targets(i, c) - scale.mean[static_cast<std::size_t>(c)]);
      }
    }
    z.multiply_transposed(y.view(), sides());
  }

  MatrixView<double> sides() { return b.view().middle_cols(0, t); }

  regression::RowOperator<T> z;
  regression::TargetScale scale;
  Matrix<double> y;  ///< sqrt(w) (y - mean), n x t
  Matrix<double> b;  ///< Z^T y
  Index t;
  double penalty;
  Index num_positive = 0;
};

/// theta by the n x n system.
template <Scalar T>
Matrix<double> dual_solution(System<T>& system, double ridge, const Execution& execution) {
  const ShiftedRows kernel(system.z, system.penalty, execution);
  if (!kernel.regular()) refuse_singular(ridge);
  Matrix<double> alpha(system.y.rows(), simd::padded<double>(system.t));
  for (Index i = 0; i < alpha.rows(); ++i) std::copy_n(system.y.row(i), system.t, alpha.row(i));
  kernel.solve(alpha.view().middle_cols(0, system.t));
  Matrix<double> theta(system.b.rows(), system.t);
  system.z.multiply_transposed(alpha.view().middle_cols(0, system.t), theta.view());
  return theta;
}

/// The largest |b - (A + W lambda) theta| / |b|: the residual itself, not what the recurrence
/// believes.
double relative_residual(const linalg::LinearOperator& apply, const Matrix<double>& sides,
                         const Matrix<double>& theta) {
  Matrix<double> image(theta.rows(), theta.cols());
  apply(theta.view(), image.view());
  double largest = 0.0;
  for (Index c = 0; c < theta.cols(); ++c) {
    double square = 0.0;
    double size = 0.0;
    for (Index j = 0; j < theta.rows(); ++j) {
      square += (sides(j, c) - image(j, c)) * (sides(j, c) - image(j, c));
      size += sides(j, c) * sides(j, c);
    }
    if (size > 0.0) largest = std::max(largest, std::sqrt(square / size));
  }
  return largest;
}

/// theta by conjugate gradients on Z^T Z + p I. The preconditioner is that matrix with the rows of
/// a sample in place of all, S^T S + p I, inverted through the s x s matrix S S^T + p I
/// [Woodbury50].
template <Scalar T>
Matrix<double> iterative_solution(System<T>& system, const TrainingRows<T>& rows,
                                  const FitOptions& options, FitReport& report,
                                  const Execution& execution) {
  const Index features = system.b.rows();
  const Index automatic = std::max<Index>(simd::kBlockRows, features / 4);
  report.sketch_rows =
      std::min(rows.x.rows, options.sketch_rows > 0 ? options.sketch_rows : automatic);
  const auto indices = regression::drawn_rows(rows.x.rows, report.sketch_rows, options.seed);
  const regression::GatheredRows<T> sample(rows, indices);
  double sampled_weight = 0.0;
  for (Index i = 0; i < report.sketch_rows; ++i) {
    sampled_weight += regression::weight_of(sample.rows(), i);
  }
  const double scale = sampled_weight > 0.0 ? system.z.weight() / sampled_weight : 1.0;
  const regression::RowOperator<T> sketch(system.z, sample.rows(), scale);
  const double p = system.penalty;
  const ShiftedRows small(sketch, p, execution);
  if (!small.regular()) refuse_singular(options.model.ridge);

  const linalg::LinearOperator apply = [&](MatrixView<const double> x, MatrixView<double> out) {
    system.z.multiply_gram(x, out);
    for (Index j = 0; j < x.rows; ++j) {
      for (Index c = 0; c < x.cols; ++c) out(j, c) += p * x(j, c);
    }
  };
  Matrix<double> u(report.sketch_rows, simd::padded<double>(system.t));
  const linalg::LinearOperator precondition = [&](MatrixView<const double> x,
                                                  MatrixView<double> out) {
    const MatrixView<double> inner = u.view().middle_cols(0, x.cols);
    sketch.multiply(x, inner);
    small.solve(inner);
    sketch.multiply_transposed(inner, out);
    for (Index j = 0; j < x.rows; ++j) {
      for (Index c = 0; c < x.cols; ++c) out(j, c) = (x(j, c) - out(j, c)) / p;
    }
  };
  Matrix<double> sides(features, system.t);
  Matrix<double> theta(features, system.t);
  for (Index j = 0; j < features; ++j) {
    for (Index c = 0; c < system.t; ++c) sides(j, c) = system.b(j, c);
  }
  const auto outcome = linalg::conjugate_gradients(apply, precondition, sides.view(), theta.view(),
                                                   {.tolerance = options.tolerance,
                                                    .max_iterations = options.max_iterations,
                                                    .on_iteration = options.on_iteration});
  report.iterations = outcome.iterations;
  report.converged = outcome.outcome == linalg::ConjugateGradientsOutcome::converged;
  report.residual = relative_residual(apply, sides, theta);
  return theta;
}

template <Scalar T>
RidgeRegression<T> model_of(const FeatureMap<T>& map, const RidgeOptions& options,
                            const System<T>& system, Matrix<double> theta) {
  std::vector<double> intercepts = system.scale.mean;
  std::vector<double> noise;
  const Index degrees = system.num_positive - (options.intercept == Intercept::fitted ? 1 : 0);
  for (Index c = 0; c < system.t; ++c) {
    double unexplained = 0.0;
    for (Index i = 0; i < system.y.rows(); ++i) unexplained += system.y(i, c) * system.y(i, c);
    for (Index j = 0; j < theta.rows(); ++j) {
      unexplained -= system.b(j, c) * theta(j, c);
      intercepts[static_cast<std::size_t>(c)] -=
          system.z.mean_features()[static_cast<std::size_t>(j)] * theta(j, c);
    }
    noise.push_back(std::max(0.0, unexplained) / static_cast<double>(std::max<Index>(1, degrees)));
  }
  return RidgeRegression<T>(map, options, std::move(theta), std::move(intercepts),
                            std::move(noise));
}

void require_options(const FitOptions& options, Solver solver) {
  regression::require_ridge(kFitRidge, options.model.ridge);
  if (options.model.posterior == Posterior::full && solver != Solver::cholesky) {
    kFitRidge.refuse("Posterior::full needs the solver cholesky");
  }
  kFitRidge.at_least("sketch_rows", options.sketch_rows, 0);
  if (solver != Solver::conjugate_gradients) return;
  kFitRidge.positive("tolerance", options.tolerance)
      .at_least("max_iterations", options.max_iterations, 1);
  if (options.model.ridge == 0.0) kFitRidge.refuse("conjugate gradients need a ridge above 0");
}

}  // namespace

template <Scalar T>
RidgeFit<T> fit_ridge(const FeatureMap<T>& map, const TrainingRows<T>& rows,
                      const FitOptions& options, const Execution& execution) {
  Solver solver = options.solver;
  if (solver == Solver::automatic) {
    const bool full = options.model.posterior == Posterior::full;
    const bool few_rows = rows.x.rows < map.num_features() && rows.x.rows <= kCholeskyUpTo;
    const bool formed = full || map.num_features() <= kCholeskyUpTo || options.model.ridge == 0.0;
    solver = !full && few_rows ? Solver::dual
                               : (formed ? Solver::cholesky : Solver::conjugate_gradients);
  }
  require_options(options, solver);
  regression::require_rows(kFitRidge, rows, map.input_dim(), rows.targets.cols);
  FitReport report{.solver = solver};
  if (solver == Solver::cholesky) {
    const regression::TargetScale scale = regression::target_scale(kFitRidge, rows);
    NormalEquations<T> equations(map, {.num_targets = rows.targets.cols,
                                       .target_offset = options.model.intercept == Intercept::fitted
                                                            ? scale.mean
                                                            : std::vector<double>{}});
    equations.add(rows, execution);
    return {RidgeRegression<T>(equations, options.model, execution), report};
  }
  System<T> system(map, rows, options.model, execution);
  Matrix<double> theta = solver == Solver::dual
                             ? dual_solution(system, options.model.ridge, execution)
                             : iterative_solution(system, rows, options, report, execution);
  return {model_of(map, options.model, system, std::move(theta)), report};
}

template RidgeFit<float> fit_ridge(const FeatureMap<float>&, const TrainingRows<float>&,
                                   const FitOptions&, const Execution&);
template RidgeFit<double> fit_ridge(const FeatureMap<double>&, const TrainingRows<double>&,
                                    const FitOptions&, const Execution&);

}  // namespace bochner
