// SPDX-License-Identifier: Apache-2.0
//
// What a path of ridges costs beside one, and a fit without a matrix beside one with.
#include "bench/regression/problem.hpp"
#include "bench/support/memory.hpp"
#include "bench/support/report.hpp"

#include <cstdio>
#include <string>

using namespace bochner;

namespace {

constexpr double kRidge = 1e-6;

void path(bench::Report& report, const TrainingRows<float>& rows) {
  const Index features = report.choose(4096, 2048);
  const FeatureMap<float> map(bench::colorado_spec(features));
  const auto sums = [&] {
    NormalEquations<float> equations(map, {.num_targets = 1, .target_offset = {15.0}});
    equations.add(rows);
    return equations;
  };
  const auto ridges = logarithmic_ridges(1e-8, 1.0, 100);
  const bench::Timing timing =
      bench::alternate([&] { ridge_path<float>(sums(), ridges); },
                       [&] { RidgeRegression<float>(sums(), {.ridge = kRidge}); },
                       {.pairs = report.choose(3, 1), .budget = 120.0, .sample = 0.0});
  report.note("path: %.2f s for 100 ridges, %.2f s for one", timing.first, timing.second);
  report.line("path", timing.ratio, bench::at_most(3.0),
              "D " + std::to_string(features) + ", pairs: " + std::to_string(timing.pairs));
}

/// The normal equations against none: time and memory.
void large(bench::Report& report, const bench::Part& all) {
  constexpr Index kFeatures = 16384;
  // Evenly spaced: rows of one station stand together.
  const Index every = report.choose(1, 7);
  const auto spaced = [=](MatrixView<const float> view) {
    return MatrixView<const float>(view.data, (view.rows + every - 1) / every, view.cols,
                                   every * view.row_stride, view.col_stride);
  };
  const TrainingRows<float> rows{spaced(all.x.view()), spaced(all.y.view()), {}};
  const FeatureMap<float> map(bench::colorado_spec(kFeatures));
  FitOptions options;
  options.model.ridge = kRidge;
  FitReport outcome;
  double memory[2];
  const auto fit = [&](Solver solver, double& mib) {
    return [&, solver] {
      options.solver = solver;
      mib = bench::peak_mib([&] {
        const FitReport found = fit_ridge(map, rows, options).report;
        if (solver == Solver::conjugate_gradients) outcome = found;
      });
    };
  };
  const bench::Timing timing =
      bench::alternate(fit(Solver::cholesky, memory[0]),
                       fit(Solver::conjugate_gradients, memory[1]), {.pairs = 1, .sample = 0.0});
  report.note(
      "fit_large_D: conjugate gradients %.1f s, %.0f MiB: %d iterations, residual %.1e, sketch of "
      "%d rows",
      timing.second, memory[1], static_cast<int>(outcome.iterations), outcome.residual,
      static_cast<int>(outcome.sketch_rows));
  report.note("fit_large_D: Cholesky %.1f s, %.0f MiB", timing.first, memory[0]);
  const std::string remark = std::to_string(rows.x.rows) + " rows, one pair";
  report.line("fit_large_D", outcome.converged ? timing.ratio : 0.0, bench::at_least(3.0), remark);
  report.line("fit_large_D_memory", memory[1] / memory[0], bench::at_most(0.125), remark);
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
  large(report, data.train);
}
