// SPDX-License-Identifier: Apache-2.0
//
// Data on which a criterion that looks at single rows, or at none, chooses something useless.
#include "client/regression/column_spread.hpp"
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

using namespace bochner;

namespace {

SearchOptions quick(Criterion criterion, LengthscaleSearch lengthscales) {
  SearchOptions options;
  options.criterion = criterion;
  options.lengthscales = lengthscales;
  options.search_features = 60;
  options.search_rows = 1600;
  options.max_candidates = 20;
  return options;
}

/// A smooth function of three sizes that go together, where in one row of 150 one of them was
/// written down wrongly.
Problem<double> measured_sizes(Index n, std::uint64_t seed) {
  Problem<double> problem{Matrix<double>(n, 3), Matrix<double>(n, 1), {}};
  const Stream stream(Seed{seed}, Purpose::study);
  std::uint64_t next = 0;
  for (Index i = 0; i < n; ++i) {
    const double size = stream.normal(next++);
    for (Index k = 0; k < 3; ++k) problem.x(i, k) = 5.7 + size + 0.3 * stream.normal(next++);
    problem.targets(i, 0) =
        8.0 + size +
        std::sin(problem.x(i, 0)) * std::cos(problem.x(i, 1)) * std::sin(2.0 * problem.x(i, 2)) +
        0.01 * stream.normal(next++);
    const double place = stream.uniform(next++);
    if (i % 150 == 75) {
      problem.x(i, static_cast<Index>(3.0 * place)) = 40.0 * stream.uniform(next++);
    }
  }
  return problem;
}

double rmse(const NormalEquations<double>& equations, double ridge, const Problem<double>& test) {
  const RidgeRegression<double> model(equations, {.ridge = ridge});
  Matrix<double> out(test.x.rows(), 1);
  model.predict(test.x.view(), out.view());
  double sum = 0.0;
  for (Index i = 0; i < out.rows(); ++i) sum += std::pow(out(i, 0) - test.targets(i, 0), 2);
  return std::sqrt(sum / static_cast<double>(out.rows()));
}

NormalEquations<double> sums(const FeatureMapSpec& spec, const Problem<double>& train) {
  NormalEquations<double> equations(FeatureMap<double>(spec),
                                    {.num_targets = 1, .target_offset = {8.0}});
  equations.add(train.rows());
  return equations;
}

/// 80 sites, 20 readings each: a smooth field and a shift a site, which no other site tells.
Problem<double> sites() {
  const Stream stream(Seed{52}, Purpose::study);
  Problem<double> problem{Matrix<double>(1600, 3), Matrix<double>(1600, 1), {}};
  for (Index i = 0; i < 1600; ++i) {
    const auto site = static_cast<std::uint64_t>(i % 80);
    for (Index k = 0; k < 2; ++k) {
      problem.x(i, k) = stream.normal(3 * site + static_cast<std::uint64_t>(k));
    }
    problem.x(i, 2) = stream.normal(static_cast<std::uint64_t>(1000 + i));
    problem.targets(i, 0) = problem.x(i, 0) + stream.normal(3 * site + 2) + 0.3 * problem.x(i, 2) +
                            0.1 * stream.normal(static_cast<std::uint64_t>(5000 + i));
  }
  return problem;
}

}  // namespace

TEST_CASE("a few absurd rows do not lead to a useless ridge", "[regression]") {
  const auto train = measured_sizes(3000, 91);
  const auto test = measured_sizes(3000, 92);
  const FeatureMapSpec spec = regression_spec(3, 100, 2.0);
  const auto fixed = LengthscaleSearch::fixed;
  const auto found = search_hyperparameters(spec, train.rows(), quick(Criterion::k_fold, fixed));
  const NormalEquations<double> equations = sums(spec, train);
  const double error = rmse(equations, found.ridge, test);
  const std::vector<double> ridges = logarithmic_ridges(1e-9, 1.0, 28);
  // As good as the best of all ridges, within what the 20 rows of either half leave open.
  double best = error;
  for (const double ridge : ridges) best = std::min(best, rmse(equations, ridge, test));
  CHECK(error < 1.1 * best);

  // The trap is there: on these rows GCV falls without end as the ridge shrinks.
  const RidgePath path = ridge_path<double>(equations, ridges);
  CHECK(std::is_sorted(path.gcv.begin(), path.gcv.end()));
  CHECK(rmse(equations, ridges.front(), test) > 10.0 * error);

  // Nor does the search over lengthscales fall into it.
  const auto free = search_hyperparameters(spec, train.rows(),
                                           quick(Criterion::k_fold, LengthscaleSearch::per_column));
  CHECK(rmse(sums(free.spec, train), free.ridge, test) < 1.1 * error);
}

TEST_CASE("groups are found and not learnt by heart", "[regression]") {
  const auto problem = sites();
  const FeatureMapSpec spec = regression_spec(3, 60);
  const auto options = quick(Criterion::k_fold, LengthscaleSearch::per_column);
  const auto found = search_hyperparameters(spec, problem.rows(), options);
  CHECK(found.group_columns == std::vector<Index>{0, 1});
  CHECK(found.num_groups == 80);
  const std::vector<Index> labels = group_labels<double>(problem.x.view().middle_cols(0, 2));
  const auto on_sites = [&](const SearchResult& result) {
    return cross_validate(FeatureMap<double>(result.spec), problem.rows(),
                          std::vector<double>{result.ridge}, group_folds(labels, 5, {99}))
        .loss[0];
  };
  // Held out one by one, rows praise a map that tells the sites apart; on whole sites it fails.
  auto single = options;
  for (Index i = 0; i < 1600; ++i) single.groups.push_back(i);
  const auto by_heart = search_hyperparameters(spec, problem.rows(), single);
  CHECK(by_heart.score < 0.1);
  CHECK(on_sites(by_heart) > 1.2 * on_sites(found));
  for (const Criterion criterion :
       {Criterion::leave_one_out, Criterion::generalised_cross_validation}) {
    auto row_wise = quick(criterion, LengthscaleSearch::common);
    row_wise.ridges = {1e-7, 1e-5, 1e-3};
    const auto chosen = search_hyperparameters(spec, problem.rows(), row_wise);
    CHECK(on_sites(chosen) > 1.2 * on_sites(found));
  }
}

TEST_CASE("columns of whole numbers and absurd entries are measured by their standard deviation",
          "[regression]") {
  // Rounded normal numbers, 2 to 98 % of which are 0: an interquartile range would be 0 or 1.
  const Stream stream(Seed{93}, Purpose::study);
  constexpr Index kRows = 4000;
  Matrix<double> x(kRows, 3);
  for (Index i = 0; i < kRows; ++i) {
    for (Index k = 0; k < 3; ++k) {
      const double scale = std::exp2(static_cast<double>(k) - 1.0);
      x(i, k) = std::round(scale * stream.normal(static_cast<std::uint64_t>(3 * i + k)));
    }
    if (i % 200 == 0) x(i, 1) = 1e6;
  }
  const auto columns = regression::column_spread<double>({x.view(), {}, {}});
  // Variance of a rounded normal number: that of the number and 1/12, up to the steps' own share.
  CHECK(columns.spread[0] == Approx(0.56).epsilon(0.15));
  CHECK(columns.spread[1] == Approx(std::sqrt(1.0 + 1.0 / 12.0)).epsilon(0.1));
  CHECK(columns.spread[2] == Approx(std::sqrt(4.0 + 1.0 / 12.0)).epsilon(0.1));
  CHECK(columns.median == std::vector<double>{0.0, 0.0, 0.0});
}

TEMPLATE_TEST_CASE("a whole weight is so many rows in the spread of columns", "[regression]", float,
                   double) {
  const Stream stream(Seed{62}, Purpose::study);
  Matrix<TestType> x(300, 3);
  std::vector<TestType> weights;
  std::vector<std::array<TestType, 3>> repeated;
  for (Index i = 0; i < 300; ++i) {
    weights.push_back(static_cast<TestType>((i * 7) % 4));
    for (Index k = 0; k < 3; ++k) {
      x(i, k) = static_cast<TestType>(stream.normal(static_cast<std::uint64_t>(3 * i + k)));
    }
    x(i, 1) = std::round(x(i, 1));
    if (i % 150 == 3) x(i, 2) = TestType{500};
    for (Index copy = 0; copy < (i * 7) % 4; ++copy)
      repeated.push_back({x(i, 0), x(i, 1), x(i, 2)});
  }
  const MatrixView<const TestType> rows(repeated.front().data(),
                                        static_cast<Index>(repeated.size()), 3);
  const auto expected = regression::column_spread<TestType>({rows, {}, {}});
  const auto found = regression::column_spread<TestType>({x.view(), {}, weights});
  const auto alike = regression::column_spread<TestType>({x.view(), {}, {}});
  CHECK(found.median == expected.median);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(found.spread[k] == Approx(expected.spread[k]).epsilon(1e-13));
    CHECK(found.spread[k] != Approx(alike.spread[k]).epsilon(1e-3));
  }
  // Only their ratios count.
  for (TestType& weight : weights) weight *= TestType{0x1p-60};
  const auto scaled = regression::column_spread<TestType>({x.view(), {}, weights});
  CHECK(scaled.median == found.median);
  CHECK(scaled.spread == found.spread);
  weights.assign(300, TestType{0});
  const auto nothing = regression::column_spread<TestType>({x.view(), {}, weights});
  CHECK(nothing.spread == std::vector<double>(3, 1.0));
}
