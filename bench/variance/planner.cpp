// SPDX-License-Identifier: Apache-2.0

// Does the planner keep its promises? Tasks at random: a map, a dimension of 4 to 64, a pair with
// |x + y|^2 or |x - y|^2 log-uniform in [0.1, 2], a relative error; the plan's number of
// frequencies is drawn again and again, and the promised error is exceeded how often? Usage:
// bench_planner [--quick] [--tasks N] [--redraws N] [--least-tasks N]

#include "bench/support/report.hpp"

#include <bochner/estimator/check.hpp>
#include <bochner/estimator/optimal_parameter.hpp>
#include <bochner/estimator/plan.hpp>
#include <bochner/estimator/variance.hpp>
#include <bochner/random/stream.hpp>

#include "core/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

using namespace bochner;

namespace {

struct Task {
  FeatureMapSpec spec;
  std::vector<double> x;
  std::vector<double> y;
  double error = 0.0;
  FrequencyPlan plan;
};

Task make_task(std::uint64_t index) {
  const Stream stream(Seed{20}, Purpose::study, index);
  const auto pick = [&](std::uint64_t word, Index count) {
    return static_cast<Index>(stream.uniform(word) * static_cast<double>(count));
  };
  Task task;
  const Index d = 4 + pick(0, 61);
  const double s = 0.1 * std::pow(20.0, stream.uniform(1));
  task.error = 0.03 * std::pow(5.0, stream.uniform(2));
  const FeatureFunction features[] = {
      TrigonometricFeatures{},
      CosineFeatures{},
      PositiveFeatures{},
      HyperbolicFeatures{},
      OprfFeatures{optimal_oprf_parameter(s, d)},
      HyperbolicOprfFeatures{optimal_hyperbolic_oprf_parameter(s, d)}};
  const Projection projections[] = {IidProjection{}, OrthogonalProjection{}};
  task.spec.input_dim = d;
  task.spec.num_frequencies = 1;
  task.spec.features = features[pick(3, 6)];
  task.spec.projection = projections[pick(4, 2)];
  task.spec.kernel =
      task.spec.features.index() < 2 ? Kernel(GaussianKernel{}) : Kernel(SoftmaxKernel{});
  // x + y and x - y along two orthogonal random directions, both of squared length s.
  std::vector<double> u(static_cast<std::size_t>(d));
  std::vector<double> v(u.size());
  stream.normals(100, u);
  stream.normals(200, v);
  double uu = 0.0;
  double uv = 0.0;
  for (std::size_t k = 0; k < u.size(); ++k) uu += u[k] * u[k];
  for (std::size_t k = 0; k < u.size(); ++k) uv += u[k] * v[k];
  double vv = 0.0;
  for (std::size_t k = 0; k < u.size(); ++k) {
    v[k] -= uv / uu * u[k];
    vv += v[k] * v[k];
  }
  for (std::size_t k = 0; k < u.size(); ++k) {
    const double a = 0.5 * std::sqrt(s / uu) * u[k];
    const double b = 0.5 * std::sqrt(s / vv) * v[k];
    task.x.push_back(a + b);
    task.y.push_back(a - b);
  }
  task.plan =
      frequencies_needed(task.spec, task.x, task.y,
                         {.error = task.error, .unit = ErrorUnit::relative, .confidence = 0.95});
  return task;
}

/// The share of redraws with m frequencies whose relative error exceeds the task's.
double exceedance(const Task& task, Index m, Index redraws) {
  FeatureMapSpec spec = task.spec;
  spec.num_frequencies = m;
  const double exact = kernel_moments(spec, task.x, task.y).exact;
  const SeededEstimate estimate = estimates_of(spec, task.x, task.y);
  std::atomic<Index> exceeded{0};
  parallel_for_blocks(redraws, {}, [&](Index r, int) {
    const double value = estimate(derive_seed(Seed{33}, static_cast<std::uint64_t>(r)));
    if (std::abs(value - exact) > task.error * exact) ++exceeded;
  });
  return static_cast<double>(exceeded) / static_cast<double>(redraws);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  const Index tasks = std::max(1L, report.option("--tasks", report.choose(200, 40)));
  const Index redraws = std::max(1L, report.option("--redraws", 100));
  const Index least_tasks = std::max(1L, report.option("--least-tasks", report.choose(20, 4)));
  double pooled = 0.0;
  double worst = 0.0;
  Index most = 0;
  for (Index t = 0; t < tasks; ++t) {
    const Task task = make_task(static_cast<std::uint64_t>(t));
    const double share = exceedance(task, task.plan.num_frequencies, redraws);
    pooled += share / static_cast<double>(tasks);
    worst = std::max(worst, share);
    most = std::max(most, task.plan.num_frequencies);
  }
  report.note("%td tasks x %td redraws, up to %td frequencies", tasks, redraws, most);
  report.line("planner_pooled", pooled, bench::between(0.03, 0.06));
  report.line("planner_worst", worst, bench::at_most(0.12));

  // m is at most 1.1 times the least m that works: with m / 1.1 the error is exceeded more often.
  Index tight = 0;
  for (Index t = 0; t < least_tasks; ++t) {
    const Task task = make_task(static_cast<std::uint64_t>(t));
    const auto fewer = static_cast<Index>(static_cast<double>(task.plan.num_frequencies) / 1.1);
    if (fewer < 1 || exceedance(task, fewer, 2000) > 0.05) ++tight;
  }
  const double share = static_cast<double>(tight) / static_cast<double>(least_tasks);
  report.note("%td tasks x 2000 redraws with 1/1.1 of the frequencies", least_tasks);
  report.line("planner_tight", share, bench::at_least(1.0));
  return 0;
}
