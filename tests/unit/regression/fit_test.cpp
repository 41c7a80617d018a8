// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <stdexcept>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

template <Scalar T>
double worst_difference(const RidgeRegression<T>& a, const RidgeRegression<T>& b) {
  double worst = 0.0;
  for (Index c = 0; c < a.num_targets(); ++c) {
    const auto at = static_cast<std::size_t>(c);
    worst = std::max(worst, std::abs(a.intercepts()[at] - b.intercepts()[at]));
    worst = std::max(worst, std::abs(a.noise_variances()[at] - b.noise_variances()[at]));
    for (Index j = 0; j < a.coefficients().rows(); ++j) {
      worst = std::max(worst, std::abs(a.coefficients()(j, c) - b.coefficients()(j, c)));
    }
  }
  return worst;
}

template <Scalar T>
RidgeFit<T> fitted(const Problem<T>& problem, Index frequencies, Solver solver, Intercept with,
                   double tolerance = 1e-12, int threads = 0) {
  FitOptions options;
  options.model = {.ridge = 1e-3, .intercept = with};
  options.solver = solver;
  options.tolerance = tolerance;
  return fit_ridge(FeatureMap<T>(regression_spec(problem.x.cols(), frequencies)), problem.rows(),
                   options, {threads});
}

}  // namespace

TEST_CASE("all solvers find the same model", "[regression]") {
  for (const Index rows : {70, 400, 2500}) {
    for (const Intercept with : {Intercept::fitted, Intercept::none}) {
      for (const bool weighted : {false, true}) {
        auto problem = smooth_problem<double>(rows, 3, 2, 61);
        if (weighted) add_weights(problem, 62);
        const auto primal = fitted(problem, 60, Solver::cholesky, with);
        const auto dual = fitted(problem, 60, Solver::dual, with);
        const auto iterative = fitted(problem, 60, Solver::conjugate_gradients, with);
        CHECK(worst_difference(dual.model, primal.model) < 1e-9);
        CHECK(worst_difference(iterative.model, primal.model) < 1e-8);
        CHECK(iterative.report.converged);
        CHECK(iterative.report.residual < 1e-11);
        CHECK(iterative.report.iterations > 0);
      }
    }
  }
}

TEST_CASE("in float the solvers agree to float's precision", "[regression]") {
  const auto problem = smooth_problem<float>(1500, 3, 1, 63);
  const auto primal = fitted(problem, 60, Solver::cholesky, Intercept::fitted);
  const auto dual = fitted(problem, 60, Solver::dual, Intercept::fitted);
  const auto iterative = fitted(problem, 60, Solver::conjugate_gradients, Intercept::fitted, 1e-6);
  // Moments uncertain by 1e-7, times a condition number of 1 / ridge.
  CHECK(worst_difference(dual.model, primal.model) < 2e-3);
  CHECK(worst_difference(iterative.model, primal.model) < 2e-3);
  CHECK(iterative.report.residual < 2e-6);
}

TEST_CASE("a sketch saves iterations", "[regression]") {
  const auto problem = smooth_problem<double>(3000, 3, 1, 64);
  const FeatureMap<double> map(regression_spec(3, 150));
  FitOptions options;
  options.model.ridge = 1e-5;
  options.solver = Solver::conjugate_gradients;
  options.sketch_rows = 1;
  const auto plain = fit_ridge(map, problem.rows(), options);
  options.sketch_rows = 1000;
  const auto sketched = fit_ridge(map, problem.rows(), options);
  CHECK(sketched.report.converged);
  CHECK(sketched.report.sketch_rows == 1000);
  CHECK(2 * sketched.report.iterations < plain.report.iterations);
  std::vector<double> residuals;
  options.on_iteration = [&](Index iterations, double residual) {
    residuals.push_back(residual);
    CHECK(iterations == static_cast<Index>(residuals.size()));
  };
  const auto watched = fit_ridge(map, problem.rows(), options);
  CHECK(watched.report.iterations == static_cast<Index>(residuals.size()));
  CHECK(residuals.back() <= options.tolerance);
  options.on_iteration = [](Index, double) { throw std::runtime_error("stop"); };
  CHECK_THROWS_WITH(fit_ridge(map, problem.rows(), options), "stop");
  options.on_iteration = {};
  options.max_iterations = 2;
  const auto stopped = fit_ridge(map, problem.rows(), options);
  CHECK_FALSE(stopped.report.converged);
  CHECK(stopped.report.residual > options.tolerance);
}

TEST_CASE("every solver has the same bits for any number of threads", "[regression]") {
  const auto problem = smooth_problem<float>(2500, 3, 2, 65);
  for (const Solver solver : {Solver::cholesky, Solver::dual, Solver::conjugate_gradients}) {
    const auto one = fitted(problem, 50, solver, Intercept::fitted, 1e-5, 1);
    const auto three = fitted(problem, 50, solver, Intercept::fitted, 1e-5, 3);
    CHECK(worst_difference(one.model, three.model) == 0.0);
    CHECK(one.report.iterations == three.report.iterations);
  }
}

TEST_CASE("the automatic solver suits the shape, and refusals say why", "[regression]") {
  const FeatureMap<double> map(regression_spec(2, 50));
  const auto few = smooth_problem<double>(40, 2, 1, 66);
  const auto many = smooth_problem<double>(200, 2, 1, 66);
  CHECK(fit_ridge(map, few.rows()).report.solver == Solver::dual);
  CHECK(fit_ridge(map, many.rows()).report.solver == Solver::cholesky);
  FitOptions full;
  full.model.posterior = Posterior::full;
  CHECK(fit_ridge(map, few.rows(), full).report.solver == Solver::cholesky);
  const auto refused = [&](auto change, const char* why) {
    FitOptions options;
    change(options);
    CHECK_THROWS_WITH(fit_ridge(map, few.rows(), options), Contains(why));
  };
  refused([](FitOptions& o) { o.model.ridge = -1.0; }, "ridge is -1");
  refused([](FitOptions& o) { o.model.ridge = std::nan(""); }, "ridge is nan");
  refused([](FitOptions& o) { o.model.ridge = 0.0; }, "singular at ridge 0");
  refused([](FitOptions& o) { o.sketch_rows = -1; }, "sketch_rows is -1");
  const auto iterative = [&](auto change, const char* why) {
    refused(
        [&](FitOptions& o) {
          o.solver = Solver::conjugate_gradients;
          change(o);
        },
        why);
  };
  iterative([](FitOptions& o) { o.tolerance = 0.0; }, "tolerance is 0");
  iterative([](FitOptions& o) { o.max_iterations = 0; }, "max_iterations is 0");
  iterative([](FitOptions& o) { o.model.ridge = 0.0; }, "ridge above 0");
  iterative([](FitOptions& o) { o.model.posterior = Posterior::full; }, "needs the solver");
  auto bad = few;
  bad.targets(8, 0) = std::nan("");
  CHECK_THROWS_WITH(fit_ridge(map, bad.rows()), Contains("targets: row 8"));
  bad = few;
  bad.weights.assign(40, 0.0);
  CHECK_THROWS_WITH(fit_ridge(map, bad.rows()), Contains("no row of positive weight"));
}
