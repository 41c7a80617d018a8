// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <stdexcept>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

/// Five columns in very different units of which the first two matter.
Problem<float> scaled_problem(Index n) {
  Problem<float> problem{Matrix<float>(n, 5), Matrix<float>(n, 1), {}};
  const Stream stream(Seed{51}, Purpose::study);
  for (Index i = 0; i < n; ++i) {
    double x[5];
    for (int k = 0; k < 5; ++k) {
      x[k] = stream.normal(static_cast<std::uint64_t>(6 * i + k));
      problem.x(i, k) = static_cast<float>(x[k] * std::pow(10.0, k - 2) + 3.0 * k);
    }
    problem.targets(i, 0) =
        static_cast<float>(std::sin(2.0 * x[0]) + std::cos(1.5 * x[1]) +
                           0.1 * stream.normal(static_cast<std::uint64_t>(6 * i + 5)));
  }
  return problem;
}

SearchOptions quick(LengthscaleSearch lengthscales) {
  SearchOptions options;
  options.lengthscales = lengthscales;
  options.search_features = 100;
  options.search_rows = 600;
  options.max_candidates = 60;
  return options;
}

const std::vector<double>& lengthscales_of(const Kernel& kernel) {
  return std::get<Diagonal>(std::get<GaussianKernel>(kernel).metric).lengthscales;
}

}  // namespace

TEST_CASE("a search finds which columns matter, whatever their units", "[regression]") {
  const auto problem = scaled_problem(1200);
  const FeatureMapSpec spec = regression_spec(5, 150);
  const auto common =
      search_hyperparameters(spec, problem.rows(), quick(LengthscaleSearch::common));
  const auto found =
      search_hyperparameters(spec, problem.rows(), quick(LengthscaleSearch::per_column));
  // The noise is 0.01 of a variance of about 1.
  CHECK(found.score < 0.03);
  CHECK(found.score < 0.7 * common.score);
  const auto& l = lengthscales_of(found.spec.kernel);
  const double longest = std::max(l[0] / 1e-2, l[1] / 1e-1);
  for (int k = 2; k < 5; ++k) {
    CHECK(l[static_cast<std::size_t>(k)] / std::pow(10.0, k - 2) > longest);
  }
  CHECK(found.num_groups == 0);
  CHECK(found.spec.num_frequencies == 150);
  // What comes back is what a model of that spec and ridge scores.
  const auto again = cross_validate(FeatureMap<float>(found.spec), problem.rows(),
                                    std::vector<double>{found.ridge}, row_folds(1200, 5, {}));
  CHECK(again.loss[0] == Approx(found.score).epsilon(1e-6));
}

TEST_CASE("a search has the same bits for any number of threads", "[regression]") {
  const auto problem = scaled_problem(500);
  auto options = quick(LengthscaleSearch::per_column);
  options.max_candidates = 15;
  const FeatureMapSpec spec = regression_spec(5, 40);
  const auto one = search_hyperparameters(spec, problem.rows(), options, {1});
  const auto three = search_hyperparameters(spec, problem.rows(), options, {3});
  CHECK(one.spec == three.spec);
  CHECK(one.ridge == three.ridge);
  CHECK(one.score == three.score);
  CHECK(one.candidates.size() == three.candidates.size());
}

TEST_CASE("every criterion chooses something sensible on plain data", "[regression]") {
  const auto problem = scaled_problem(600);
  for (const Criterion criterion :
       {Criterion::leave_one_out, Criterion::generalised_cross_validation, Criterion::evidence}) {
    auto options = quick(LengthscaleSearch::common);
    options.criterion = criterion;
    options.ridges = {1e-6, 1e-4, 1e-2};
    options.search_features = 60;
    const auto found = search_hyperparameters(regression_spec(5, 60), problem.rows(), options);
    const auto judged = cross_validate(FeatureMap<float>(found.spec), problem.rows(),
                                       std::vector<double>{found.ridge}, row_folds(600, 5, {}));
    CHECK(judged.loss[0] < 0.35);
  }
}

TEST_CASE("a search refuses what it cannot use", "[regression]") {
  const auto problem = scaled_problem(100);
  const FeatureMapSpec spec = regression_spec(5, 10);
  const auto refused = [&](auto change, const char* why) {
    auto options = quick(LengthscaleSearch::common);
    change(options);
    CHECK_THROWS_WITH(search_hyperparameters(spec, problem.rows(), options), Contains(why));
  };
  refused([](SearchOptions& o) { o.num_folds = 1; }, "num_folds is 1");
  refused([](SearchOptions& o) { o.search_rows = 5; }, "search_rows is 5");
  refused([](SearchOptions& o) { o.max_candidates = 0; }, "max_candidates is 0");
  refused([](SearchOptions& o) { o.ridges = {-1.0}; }, "ridge is -1");
  refused([](SearchOptions& o) { o.groups = {1, 2}; }, "groups has 2 entries, expected 100");
  refused([](SearchOptions& o) { o.groups.assign(100, 7); },
          "number of groups is 1, expected at least 2");
  auto bad = problem;
  bad.targets(3, 0) = std::nanf("");
  CHECK_THROWS_WITH(search_hyperparameters(spec, bad.rows()), Contains("targets: row 3"));
  auto stopped = quick(LengthscaleSearch::common);
  stopped.on_candidate = [](const SearchCandidate&) { throw std::runtime_error("stop"); };
  CHECK_THROWS_WITH(search_hyperparameters(spec, problem.rows(), stopped), "stop");
  // A constant target and a constant column are no mistakes.
  auto constant = problem;
  for (Index i = 0; i < 100; ++i) constant.targets(i, 0) = constant.x(i, 4) = 2.0f;
  const auto found =
      search_hyperparameters(spec, constant.rows(), quick(LengthscaleSearch::common));
  CHECK(found.score < 1e-9);
}

TEST_CASE("a search looks at the last of many columns", "[regression]") {
  // 80 columns, of which the last two matter: a budget of 60 does not try each by itself.
  constexpr Index kRows = 900;
  constexpr Index kColumns = 80;
  Problem<float> problem{Matrix<float>(kRows, kColumns), Matrix<float>(kRows, 1), {}};
  const Stream stream(Seed{52}, Purpose::study);
  for (Index i = 0; i < kRows; ++i) {
    for (Index k = 0; k < kColumns; ++k) {
      problem.x(i, k) =
          static_cast<float>(stream.normal(static_cast<std::uint64_t>(kColumns * i + k)));
    }
    problem.targets(i, 0) = std::sin(problem.x(i, 78)) + std::cos(problem.x(i, 79));
  }
  const FeatureMapSpec spec = regression_spec(kColumns, 150);
  const auto common =
      search_hyperparameters(spec, problem.rows(), quick(LengthscaleSearch::common));
  const auto found =
      search_hyperparameters(spec, problem.rows(), quick(LengthscaleSearch::per_column));
  CHECK(found.score < 0.7 * common.score);
  const auto& l = lengthscales_of(found.spec.kernel);
  CHECK(std::max(l[78], l[79]) < 0.5 * l[60]);
}

TEMPLATE_TEST_CASE("a ridge that is chosen is one that can be solved for", "[regression]", float,
                   double) {
  // Fewer rows than features and no noise: the smallest ridge there is suits best.
  constexpr Index kRows = 150;
  Problem<TestType> problem{Matrix<TestType>(kRows, 2), Matrix<TestType>(kRows, 1), {}};
  const Stream stream(Seed{53}, Purpose::study);
  for (Index i = 0; i < kRows; ++i) {
    for (Index k = 0; k < 2; ++k) {
      problem.x(i, k) = static_cast<TestType>(stream.normal(static_cast<std::uint64_t>(2 * i + k)));
    }
    problem.targets(i, 0) = problem.x(i, 0) * problem.x(i, 1);
  }
  const auto found = search_hyperparameters(regression_spec(2, 256), problem.rows(),
                                            quick(LengthscaleSearch::common));
  CHECK(found.ridge < 1e-6);
  FitOptions fit;
  fit.model.ridge = found.ridge;
  fit.solver = Solver::cholesky;
  const auto model = fit_ridge(FeatureMap<TestType>(found.spec), problem.rows(), fit).model;
  Matrix<TestType> out(kRows, 1);
  model.predict(problem.x.view(), out.view());
  double square = 0.0;
  for (Index i = 0; i < kRows; ++i) {
    square += std::pow(static_cast<double>(out(i, 0) - problem.targets(i, 0)), 2);
  }
  CHECK(square / kRows < 1e-3);  // of a variance of one
}
