// SPDX-License-Identifier: Apache-2.0
//
// What a path of ridges costs beside one, and a fit without a matrix beside one with.
#include "bench/regression/problem.hpp"
#include "bench/support/report.hpp"

#include <cstdio>

using namespace bochner;

namespace {

constexpr double kRidge = 1e-6;

FeatureMapSpec colorado_spec(Index num_features) {
  FeatureMapSpec spec = bench::paired_spec(6, num_features, 1);
  // Degrees, metres, years, and the circle of the months.
  spec.kernel = GaussianKernel{Diagonal{{2.0, 2.0, 1000.0, 50.0, 1.5, 1.5}}};
  const std::vector<double> centre = {-105.5, 39.0, 2000.0, 1950.0, 0.0, 0.0};
  spec.centring = {.query = centre, .key = centre};
  return spec;
}

void path(bench::Report& report, const TrainingRows<float>& rows) {
  const FeatureMap<float> map(colorado_spec(report.choose(4096, 1024)));
  const auto sums = [&] {
    NormalEquations<float> equations(map, {.num_targets = 1, .target_offset = {15.0}});
    equations.add(rows);
    return equations;
  };
  const auto ridges = logarithmic_ridges(1e-8, 1.0, 100);
  const bench::Work all{[&] { ridge_path<float>(sums(), ridges); }};
  const bench::Work one{[&] { RidgeRegression<float>(sums(), {.ridge = kRidge}); }};
  const bench::Timing timing = bench::alternate(all.call, one.call, {.pairs = 3, .budget = 120.0});
  report.note("path: %.2f s for 100 ridges, %.2f s for one, %d pairs", timing.first, timing.second,
              timing.pairs);
  report.line("path", timing.ratio, bench::at_most(3.0));
}

void large(bench::Report& report, const TrainingRows<float>& rows) {
  const FeatureMap<float> map(colorado_spec(report.choose(16384, 4096)));
  FitOptions options;
  options.ridge.ridge = kRidge;
  FitReport outcome;
  const auto by = [&](Solver solver) {
    options.solver = solver;
    const double start = bench::seconds_now(bench::Clock::wall);
    outcome = fit_ridge(map, rows, options).report;
    return bench::seconds_now(bench::Clock::wall) - start;
  };
  const double iterative = by(Solver::conjugate_gradients);
  report.note("fit_large_D: %.1f s, %d iterations, residual %.1e, sketch of %d rows", iterative,
              static_cast<int>(outcome.iterations), outcome.residual,
              static_cast<int>(outcome.sketch_rows));
  const double direct = by(Solver::cholesky);
  report.note("fit_large_D: Cholesky %.1f s, one pair", direct);
  report.line("fit_large_D", outcome.converged ? direct / iterative : 0.0, bench::at_least(3.0));
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  if (report.arguments().empty()) {
    std::fprintf(stderr, "usage: bench_regression_solvers FOLDER [--quick]\n");
    return 2;
  }
  const bench::Split data = bench::colorado(report.arguments().front());
  path(report, data.train.rows());
  large(report, data.train.rows());
}
