// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <bochner/client/regression/online_ridge.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

constexpr Index kRows = 300;

template <Scalar T>
NormalEquations<T> sums_of(const TrainingRows<T>& rows, const std::vector<double>& offset = {}) {
  const FeatureMap<T> map(regression_spec(rows.x.cols, 21));
  NormalEquations<T> out(map, {.num_targets = rows.targets.cols, .target_offset = offset});
  out.add(rows);
  return out;
}

/// The largest difference of predictions, over the largest prediction.
template <Scalar T>
double distance(const RidgeRegression<T>& a, const RidgeRegression<T>& b, const Matrix<T>& x) {
  Matrix<double> p(x.rows(), a.num_targets()), q(x.rows(), a.num_targets());
  a.predict(x.view(), p.view());
  b.predict(x.view(), q.view());
  double worst = 0.0;
  double size = 0.0;
  for (Index e = 0; e < p.size(); ++e) {
    worst = std::max(worst, std::abs(p.data()[e] - q.data()[e]));
    size = std::max(size, std::abs(q.data()[e]));
  }
  return worst / size;
}

template <Scalar T>
void check_noise(const RidgeRegression<T>& a, const RidgeRegression<T>& b) {
  for (std::size_t c = 0; c < a.noise_variances().size(); ++c) {
    CHECK(a.noise_variances()[c] == Approx(b.noise_variances()[c]).epsilon(1e-8));
  }
}

}  // namespace

TEMPLATE_TEST_CASE("a model that takes rows up is the fit of all of them", "[online]", float,
                   double) {
  auto problem = smooth_problem<TestType>(kRows, 3, 2, 1);
  add_weights(problem, 2);
  for (const Intercept intercept : {Intercept::fitted, Intercept::none}) {
    for (const std::vector<double>& offset : {std::vector<double>{}, {2.5, -1.0}}) {
      const RidgeOptions options{.ridge = 1e-3, .intercept = intercept};
      OnlineRidge<TestType> online(sums_of(problem.rows().middle_rows(0, 100), offset), options);
      const double penalty = online.penalty();
      // One row a time, and several.
      for (Index i = 100; i < 200; ++i) online.add(problem.rows().middle_rows(i, 1));
      online.add(problem.rows().middle_rows(200, kRows - 200), {3});
      const NormalEquations<TestType> all = sums_of(problem.rows(), offset);
      CHECK(online.num_rows() == all.num_rows());
      CHECK(online.penalty() == penalty);
      const RidgeRegression<TestType> batch(all, {.ridge = online.ridge(), .intercept = intercept});
      CHECK(online.model().options().ridge == online.ridge());
      CHECK(distance(online.model(), batch, problem.x) < 1e-10);
      check_noise(online.model(), batch);
      // At the ridge of the first rows the fit is another.
      CHECK(distance(RidgeRegression<TestType>(all, options), batch, problem.x) > 1e-5);
    }
  }
}

TEST_CASE("rows go again, and are forgotten", "[online]") {
  const auto problem = smooth_problem<double>(kRows, 3, 1, 3);
  const TrainingRows<double> rows = problem.rows();
  const RidgeOptions options{.ridge = 1e-3};
  OnlineRidge<double> online(sums_of(rows), options);
  for (Index i = 0; i < 100; ++i) online.remove(rows.middle_rows(i, 1));
  const NormalEquations<double> rest = sums_of(rows.middle_rows(100, kRows - 100));
  CHECK(online.num_rows() == kRows - 100);
  const RidgeRegression<double> batch(rest, {.ridge = online.ridge()});
  CHECK(distance(online.model(), batch, problem.x) < 1e-10);
  check_noise(online.model(), batch);

  // Sums that forget, and a model that does: 0.95 to the power of a row's age.
  NormalEquations<double> sums = sums_of(rows.middle_rows(0, 200));
  OnlineRidge<double> fading(sums, options);
  for (Index i = 200; i < kRows; ++i) {
    sums.scale(0.95);
    sums.add(rows.middle_rows(i, 1));
    fading.forget(0.95);
    fading.add(rows.middle_rows(i, 1));
  }
  std::vector<double> weights;
  for (Index i = 0; i < kRows; ++i) {
    weights.push_back(std::pow(0.95, static_cast<double>(std::min(kRows - 200, kRows - 1 - i))));
  }
  NormalEquations<double> weighted(sums.map());
  weighted.add({rows.x, rows.targets, weights});
  CHECK(fading.weight() ==
        Approx(weighted.moments()(weighted.num_features() + 1, weighted.num_features() + 1)));
  const RidgeOptions now{.ridge = fading.ridge()};
  const RidgeRegression<double> expected(weighted, now);
  CHECK(distance(fading.model(), expected, problem.x) < 1e-10);
  CHECK(distance(RidgeRegression<double>(sums, now), expected, problem.x) < 1e-10);
  CHECK(sums.log_weights() == Approx(weighted.log_weights()).epsilon(1e-10));
  // The twin: nothing forgotten.
  CHECK(distance(RidgeRegression<double>(sums_of(rows), now), expected, problem.x) > 1e-5);
}

TEST_CASE("changes that cannot be made are refused by name, and change nothing", "[online]") {
  const auto problem = smooth_problem<double>(50, 3, 1, 4);
  const TrainingRows<double> rows = problem.rows();
  NormalEquations<double> sums = sums_of(rows);
  for (const double factor : {0.0, -1.0, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_WITH(sums.scale(factor), Contains("NormalEquations::scale: factor is"));
    OnlineRidge<double> online(sums, {.ridge = 1e-3});
    CHECK_THROWS_WITH(online.forget(factor), Contains("OnlineRidge::forget: factor is"));
  }
  CHECK_THROWS_WITH(OnlineRidge<double>(sums, {.ridge = -1.0}), Contains("ridge"));
  CHECK_THROWS_WITH(OnlineRidge<double>(sums, {.ridge = 1e-3, .posterior = Posterior::full}),
                    Contains("posterior is full"));
  CHECK_THROWS_AS(OnlineRidge<double>(NormalEquations<double>(sums.map()), {.ridge = 1e-3}),
                  InvalidArgument);
  OnlineRidge<double> online(sums, {.ridge = 1e-3});
  const RidgeRegression<double> before = online.model();
  Matrix<double> far(2, 3), target(2, 1);
  for (Index k = 0; k < 3; ++k) far(1, k) = 1e3;
  const std::vector<double> heavy{1.0, 49.0};
  CHECK_THROWS_WITH(online.remove({far.view(), target.view(), heavy}),
                    Contains("OnlineRidge::remove: row"));
  Matrix<double> bad(1, 3);
  bad(0, 1) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(online.add({bad.view(), target.view().middle_rows(0, 1)}),
                    Contains("OnlineRidge::add: "));
  CHECK_THROWS_AS(online.add({far.view(), target.view().middle_rows(0, 1)}), InvalidArgument);
  Matrix<double> huge(1, 1);
  huge(0, 0) = 1e200;
  CHECK_THROWS_WITH(online.add({rows.x.middle_rows(0, 1), huge.view()}),
                    Contains("OnlineRidge::add: targets: row 0, column 0"));
  CHECK_THROWS_WITH(online.remove(rows), Contains("expected less than that of all rows"));
  CHECK(distance(online.model(), before, problem.x) == 0.0);
  CHECK(online.num_rows() == 50);
  online.forget(1e-150);
  CHECK_THROWS_WITH(online.forget(1e-150), Contains("would vanish"));
  sums.scale(1e-150);
  CHECK_THROWS_WITH(sums.scale(1e-150), Contains("NormalEquations::scale: the weight of all rows"));
}

TEST_CASE("a penalty that has faded below rounding is said", "[online]") {
  // 128 features of one column: their moments have a far smaller rank.
  const FeatureMap<double> map({.input_dim = 1, .num_frequencies = 64});
  const auto problem = smooth_problem<double>(600, 1, 1, 5);
  const TrainingRows<double> rows = problem.rows();
  NormalEquations<double> sums(map);
  sums.add(rows);
  OnlineRidge<double> online(sums, {.ridge = 1e-4});
  CHECK_NOTHROW(online.model());
  for (Index i = 0; i < 3000; ++i) {
    online.forget(0.99);
    online.add(rows.middle_rows(i % 600, 1));
  }
  CHECK(online.ridge() < 1e-15);
  CHECK_THROWS_WITH(online.model(),
                    Contains("OnlineRidge::model: the system is singular at ridge"));
}
