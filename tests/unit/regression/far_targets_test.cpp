// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

/// \file
/// Targets that single precision cannot hold: time stamps, with all their digits.

namespace bochner {
namespace {

using Catch::Contains;

constexpr Index kRows = 400;

/// y = offset + 30 sin(t), t in [0, 10).
template <Scalar T>
struct TimeStamps {
  explicit TimeStamps(double offset) : x(kRows, 1), y(kRows, 1) {
    for (Index i = 0; i < kRows; ++i) {
      x(i, 0) = static_cast<T>(0.025 * static_cast<double>(i));
      y(i, 0) = offset + 30.0 * std::sin(static_cast<double>(x(i, 0)));
    }
  }
  TrainingRows<T> rows() const { return {x.view(), y.view(), {}}; }

  Matrix<T> x;
  Matrix<double> y;
};

template <Scalar T>
double worst_error(const RidgeRegression<T>& model, const TimeStamps<T>& stamps) {
  Matrix<double> f(kRows, 1);
  model.predict(stamps.x.view(), f.view());
  double worst = 0.0;
  for (Index i = 0; i < kRows; ++i) worst = std::max(worst, std::abs(f(i, 0) - stamps.y(i, 0)));
  return worst;
}

}  // namespace

TEMPLATE_TEST_CASE("targets far from zero keep their digits, by every solver", "[regression]",
                   float, double) {
  for (const double offset : {0.0, 1.6e9, -1e12}) {
    const TimeStamps<TestType> stamps(offset);
    const FeatureMap<TestType> map(regression_spec(1, 32));
    // What doubles at the offset leave, on top of the model's own error of a few parts in 1e5.
    const double tolerance = 0.01 + std::abs(offset) * 1e-15;
    for (const Solver solver : {Solver::cholesky, Solver::dual, Solver::conjugate_gradients}) {
      INFO("offset " << offset << ", solver " << static_cast<int>(solver));
      const auto fit =
          fit_ridge<TestType>(map, stamps.rows(), {.model = {.ridge = 1e-8}, .solver = solver});
      CHECK(worst_error(fit.model, stamps) < tolerance);
    }
    NormalEquations<TestType> equations(map, {.num_targets = 1, .target_offset = {offset}});
    equations.add(stamps.rows());
    CHECK(worst_error(RidgeRegression<TestType>(equations, {.ridge = 1e-8}), stamps) < tolerance);
  }
}

TEST_CASE("cross-validation and search see targets far from zero as they are", "[regression]") {
  const TimeStamps<float> near(0.0);
  const TimeStamps<float> far(1.6e9);
  const FeatureMap<float> map(regression_spec(1, 32));
  const std::vector<double> ridges = {1e-6, 1e-3};
  const Folds folds = row_folds(kRows, 5, {3});
  const CrossValidation a = cross_validate<float>(map, near.rows(), ridges, folds);
  const CrossValidation b = cross_validate<float>(map, far.rows(), ridges, folds);
  for (std::size_t r = 0; r < ridges.size(); ++r) {
    CHECK(a.loss[r] > 0.0);
    CHECK(b.loss[r] == Approx(a.loss[r]).epsilon(1e-3));
  }
  SearchOptions options;
  options.max_candidates = 6;
  const SearchResult found = search_hyperparameters<float>(map.spec(), far.rows(), options);
  CHECK(found.score > 0.0);
  CHECK(found.score < 1e-6);
}

TEST_CASE("float targets are doubles of the same value", "[regression]") {
  const Problem<float> problem = smooth_problem<float>(100, 2, 2, 3);
  Matrix<double> doubles(100, 2);
  for (Index i = 0; i < 100; ++i) {
    for (Index c = 0; c < 2; ++c) doubles(i, c) = static_cast<double>(problem.targets(i, c));
  }
  const FeatureMap<float> map(regression_spec(2, 16));
  const auto a = fit_ridge<float>(map, problem.rows());
  const auto b = fit_ridge<float>(map, {problem.x.view(), doubles.view(), {}});
  for (Index j = 0; j < map.num_features(); ++j) {
    for (Index c = 0; c < 2; ++c) {
      CHECK(a.model.coefficients()(j, c) == b.model.coefficients()(j, c));
    }
  }
}

TEST_CASE("a prediction that a float cannot hold is refused, and had as a double",
          "[regression][bad]") {
  TimeStamps<float> stamps(0.0);
  for (Index i = 0; i < kRows; ++i) stamps.y(i, 0) *= 1e39;
  const auto fit = fit_ridge<float>(FeatureMap<float>(regression_spec(1, 32)), stamps.rows(),
                                    {.model = {.ridge = 1e-8}});
  Matrix<float> single(kRows, 1);
  CHECK_THROWS_WITH(fit.model.predict(stamps.x.view(), single.view()),
                    Contains("more than a float holds; predict into doubles"));
  CHECK(worst_error(fit.model, stamps) < 1e37);
}

TEST_CASE("targets whose squares overflow are refused by name", "[regression][bad]") {
  TimeStamps<double> stamps(0.0);
  stamps.y(7, 0) = 1e200;
  NormalEquations<double> equations{FeatureMap<double>(regression_spec(1, 8))};
  CHECK_THROWS_WITH(equations.add(stamps.rows()), Contains("targets: row 7, column 0 is 1e+200"));
}

}  // namespace bochner
