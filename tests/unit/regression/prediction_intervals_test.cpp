// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <type_traits>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

struct Bounds {
  explicit Bounds(Index rows, Index targets) : lower(rows, targets), upper(rows, targets) {}
  Matrix<double> lower;
  Matrix<double> upper;
};

template <Scalar T>
Bounds bounds(const PredictionIntervals<T>& intervals, const Matrix<T>& x, double level,
              const Execution& execution = {}) {
  Bounds out(x.rows(), intervals.num_targets());
  intervals.predict(x.view(), level, out.lower.view(), out.upper.view(), execution);
  return out;
}

double largest_difference(const Bounds& a, const Bounds& b) {
  double out = 0.0;
  for (Index k = 0; k < a.lower.size(); ++k) {
    out = std::max({out, std::abs(a.lower.data()[k] - b.lower.data()[k]),
                    std::abs(a.upper.data()[k] - b.upper.data()[k])});
  }
  return out;
}

bool same_bits(const Bounds& a, const Bounds& b) {
  return std::equal(a.lower.data(), a.lower.data() + a.lower.size(), b.lower.data()) &&
         std::equal(a.upper.data(), a.upper.data() + a.upper.size(), b.upper.data());
}

/// The smallest value that the shares reach `level` with.
double quantile(std::vector<std::pair<double, double>> values, double level) {
  std::sort(values.begin(), values.end());
  double sum = 0.0;
  for (const auto& [value, share] : values) {
    if ((sum += share) >= level - 1e-11) return value;
  }
  return std::numeric_limits<double>::infinity();
}

/// The definition: every model fitted by itself, every row compared with every other.
Bounds by_definition(const FeatureMap<double>& map, const Problem<double>& problem,
                     const Folds& folds, const RidgeOptions& options, const Matrix<double>& x,
                     double level) {
  const Index n = problem.x.rows();
  const Index t = problem.targets.cols();
  std::map<Index, double> unit_rows;
  double weight = 0.0;
  const auto weight_of = [&](Index i) {
    return problem.weights.empty() ? 1.0 : problem.weights[static_cast<std::size_t>(i)];
  };
  for (Index i = 0; i < n; ++i) {
    weight += weight_of(i);
    if (weight_of(i) > 0.0) unit_rows[folds.unit[static_cast<std::size_t>(i)]] += 1.0;
  }
  std::vector<std::vector<std::pair<double, double>>> below(static_cast<std::size_t>(x.rows() * t)),
      above = below;
  for (Index f = 0; f < folds.count; ++f) {
    NormalEquations<double> equations(map, {.num_targets = t, .target_offset = {}});
    double rest = 0.0;
    for (Index i = 0; i < n; ++i) {
      if (folds.fold[static_cast<std::size_t>(i)] == f) continue;
      equations.add(problem.rows().middle_rows(i, 1));
      rest += weight_of(i);
    }
    RidgeOptions own = options;
    own.ridge *= weight / rest;
    const RidgeRegression<double> model(equations, own);
    Matrix<double> seen(n, t), centre(x.rows(), t);
    model.predict(problem.x.view(), seen.view());
    model.predict(x.view(), centre.view());
    for (Index i = 0; i < n; ++i) {
      if (folds.fold[static_cast<std::size_t>(i)] != f || weight_of(i) == 0.0) continue;
      const double share = 1.0 / ((static_cast<double>(unit_rows.size()) + 1.0) *
                                  unit_rows[folds.unit[static_cast<std::size_t>(i)]]);
      for (Index c = 0; c < t; ++c) {
        const double residual = std::abs(problem.targets(i, c) - seen(i, c));
        for (Index j = 0; j < x.rows(); ++j) {
          const auto k = static_cast<std::size_t>(j * t + c);
          below[k].emplace_back(residual - centre(j, c), share);
          above[k].emplace_back(residual + centre(j, c), share);
        }
      }
    }
  }
  Bounds out(x.rows(), t);
  for (Index k = 0; k < x.rows() * t; ++k) {
    out.lower.data()[k] = -quantile(below[static_cast<std::size_t>(k)], level);
    out.upper.data()[k] = quantile(above[static_cast<std::size_t>(k)], level);
  }
  return out;
}

}  // namespace

TEST_CASE("CV+ is its definition, with weights, groups and either intercept", "[regression]") {
  auto problem = smooth_problem<double>(60, 2, 2, 31);
  add_weights(problem, 5);
  problem.weights[7] = 0.0;
  const FeatureMap<double> map(regression_spec(2, 10));
  const Matrix<double> x = smooth_problem<double>(9, 2, 1, 32).x;
  std::vector<Index> groups;
  for (Index i = 0; i < 60; ++i) groups.push_back(90 - (i * i) % 13);
  for (const Folds& folds : {row_folds(60, 6, {3}), group_folds(groups, 3, {4})}) {
    for (const Intercept with : {Intercept::fitted, Intercept::none}) {
      const RidgeOptions options{.ridge = 1e-3, .intercept = with};
      const PredictionIntervals<double> intervals(map, problem.rows(), folds, options);
      CHECK(intervals.num_models() == folds.count);
      CHECK(intervals.num_rows() == 59);
      for (const double level : {0.05, 0.5, 0.8, 0.9}) {
        const Bounds expected = by_definition(map, problem, folds, options, x, level);
        const Bounds got = bounds(intervals, x, level);
        if (std::isinf(expected.upper(0, 0))) {
          CHECK(std::isinf(got.upper(0, 0)));
          continue;
        }
        CHECK(largest_difference(got, expected) < 1e-9);
      }
    }
  }
}

TEMPLATE_TEST_CASE("jackknife+ leaves out every row as a fit without it does", "[regression]",
                   float, double) {
  const double tolerance = std::is_same_v<TestType, float> ? 1e-4 : 1e-9;
  auto problem = smooth_problem<TestType>(90, 2, 2, 41);
  const FeatureMap<TestType> map(regression_spec(2, 24));
  const Matrix<TestType> x = smooth_problem<TestType>(70, 2, 1, 42).x;
  const Folds each = row_folds(90, 90, {1});
  for (const bool weighted : {false, true}) {
    if (weighted) add_weights(problem, 6);
    for (const Intercept with : {Intercept::fitted, Intercept::none}) {
      const RidgeOptions options{.ridge = 1e-3, .intercept = with};
      const PredictionIntervals<TestType> closed(map, problem.rows(), options);
      const PredictionIntervals<TestType> fitted(map, problem.rows(), each, options);
      CHECK(closed.num_models() == 90);
      CHECK(std::abs(closed.highest_level() - 90.0 / 91.0) < 1e-12);
      for (const double level : {0.3, 0.9}) {
        CHECK(largest_difference(bounds(closed, x, level), bounds(fitted, x, level)) < tolerance);
      }
    }
  }
}

TEST_CASE("rows of weight zero are as good as absent", "[regression]") {
  auto problem = smooth_problem<double>(50, 2, 1, 51);
  const FeatureMap<double> map(regression_spec(2, 12));
  const RidgeOptions options{.ridge = 1e-3};
  problem.weights.assign(50, 1.0);
  for (std::size_t i = 40; i < 50; ++i) problem.weights[i] = 0.0;
  const PredictionIntervals<double> with(map, problem.rows(), options);
  const PredictionIntervals<double> without(map, problem.rows().middle_rows(0, 40), options);
  CHECK(with.num_rows() == 40);
  CHECK(largest_difference(bounds(with, problem.x, 0.8), bounds(without, problem.x, 0.8)) < 1e-12);
}

TEST_CASE("intervals are the same for any threads, and infinite beyond the highest level",
          "[regression]") {
  const auto problem = smooth_problem<double>(200, 3, 1, 61);
  const FeatureMap<double> map(regression_spec(3, 20));
  const Folds folds = row_folds(200, 5, {2});
  const RidgeOptions options{.ridge = 1e-4};
  const PredictionIntervals<double> one(map, problem.rows(), folds, options, {1});
  const PredictionIntervals<double> four(map, problem.rows(), folds, options, {4});
  const Bounds expected = bounds(one, problem.x, 0.9, {1});
  CHECK(same_bits(expected, bounds(four, problem.x, 0.9, {4})));
  const PredictionIntervals<double> again = PredictionIntervals<double>::load(one.save());
  CHECK(same_bits(expected, bounds(again, problem.x, 0.9)));
  CHECK(again.num_models() == 5);
  CHECK(again.highest_level() == one.highest_level());

  const Bounds beyond = bounds(one, problem.x, 0.999);
  CHECK(beyond.lower(0, 0) == -std::numeric_limits<double>::infinity());
  CHECK(beyond.upper(0, 0) == std::numeric_limits<double>::infinity());
  const Bounds narrow = bounds(one, problem.x, 0.5);
  for (Index i = 0; i < 200; ++i) CHECK(expected.upper(i, 0) >= narrow.upper(i, 0));
}

TEST_CASE("constant targets have intervals of no width", "[regression]") {
  auto problem = smooth_problem<double>(40, 2, 1, 71);
  for (Index i = 0; i < 40; ++i) problem.targets(i, 0) = 1e6;
  const FeatureMap<double> map(regression_spec(2, 12));
  const Bounds of_rows =
      bounds(PredictionIntervals<double>(map, problem.rows(), {.ridge = 1e-3}), problem.x, 0.9);
  const Bounds of_folds = bounds(
      PredictionIntervals<double>(map, problem.rows(), row_folds(40, 4, {1}), {.ridge = 1e-3}),
      problem.x, 0.9);
  for (const Bounds& found : {of_rows, of_folds}) {
    CHECK(std::abs(found.lower(3, 0) - 1e6) < 1e-6);
    CHECK(std::abs(found.upper(3, 0) - 1e6) < 1e-6);
  }
}

TEST_CASE("strided views of either order give the same intervals", "[regression]") {
  const auto problem = smooth_problem<double>(80, 3, 1, 91);
  const FeatureMap<double> map(regression_spec(3, 12));
  const PredictionIntervals<double> intervals(map, problem.rows(), {.ridge = 1e-3});
  Matrix<double> turned(3, 80), both(80, 5);
  for (Index i = 0; i < 80; ++i) {
    for (Index k = 0; k < 3; ++k) turned(k, i) = problem.x(i, k);
  }
  intervals.predict(MatrixView<const double>(turned.data(), 80, 3, 1, 80), 0.7,
                    both.view().middle_cols(1, 1), both.view().middle_cols(3, 1));
  const Bounds expected = bounds(intervals, problem.x, 0.7);
  for (Index i = 0; i < 80; ++i) {
    CHECK(both(i, 1) == expected.lower(i, 0));
    CHECK(both(i, 3) == expected.upper(i, 0));
    CHECK(both(i, 2) == 0.0);
  }
}

TEST_CASE("what cannot be an interval is refused by name", "[regression][bad]") {
  const auto problem = smooth_problem<double>(30, 2, 1, 81);
  const FeatureMap<double> map(regression_spec(2, 12));
  const PredictionIntervals<double> intervals(map, problem.rows(), {.ridge = 1e-3});
  Matrix<double> lower(30, 1), upper(30, 1), wide(30, 2);
  for (const double level : {0.0, 1.0, -0.1, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_WITH(intervals.predict(problem.x.view(), level, lower.view(), upper.view()),
                      Contains("PredictionIntervals::predict: level") &&
                          Contains("expected a number between 0 and 1"));
  }
  CHECK_THROWS_WITH(intervals.predict(problem.x.view(), 0.9, wide.view(), upper.view()),
                    Contains("lower is 30 x 2, expected 30 x 1"));
  CHECK_THROWS_WITH(intervals.predict(problem.x.view(), 0.9, lower.view(), lower.view()),
                    Contains("upper") && Contains("lower"));
  CHECK_THROWS_WITH(
      intervals.predict(wide.view().middle_cols(0, 1), 0.9, lower.view(), upper.view()),
      Contains("x is 30 x 1"));

  const std::vector<Index> one_group(30, 4);
  CHECK_THROWS_WITH(group_folds(one_group, 2, {1}), Contains("the number of groups is 1"));
  Folds folds = row_folds(30, 3, {1});
  Problem<double> weighted = problem;
  weighted.weights.assign(30, 0.0);
  weighted.weights[3] = 1.0;
  CHECK_THROWS_WITH(PredictionIntervals<double>(map, weighted.rows(), {.ridge = 1e-3}),
                    Contains("units with rows of positive weight is 1"));
  CHECK_THROWS_WITH(PredictionIntervals<double>(map, weighted.rows(), folds, {.ridge = 1e-3}),
                    Contains("units with rows of positive weight is 1"));
  for (std::size_t i = 0; i < 30; ++i) weighted.weights[i] = folds.fold[i] == 1 ? 1.0 : 0.0;
  CHECK_THROWS_WITH(PredictionIntervals<double>(map, weighted.rows(), folds, {.ridge = 1e-3}),
                    Contains("no row of positive weight"));
  folds.fold.pop_back();
  CHECK_THROWS_WITH(PredictionIntervals<double>(map, problem.rows(), folds, {.ridge = 1e-3}),
                    Contains("folds.fold has 29 entries, expected 30"));
  CHECK_THROWS_WITH(PredictionIntervals<double>(map, problem.rows(), {.ridge = -1.0}),
                    Contains("ridge is -1"));
  // More features than rows, and all but no penalty: every row decides its own prediction.
  const FeatureMap<double> large(regression_spec(2, 64, 0.1));
  CHECK_THROWS_WITH(PredictionIntervals<double>(large, problem.rows(), {.ridge = 1e-14}),
                    Contains("alone decides its own prediction") || Contains("singular"));
}

TEST_CASE("an archive that holds no intervals is refused", "[regression][bad]") {
  const auto problem = smooth_problem<double>(30, 2, 1, 81);
  const FeatureMap<double> map(regression_spec(2, 12));
  const Archive good =
      PredictionIntervals<double>(map, problem.rows(), row_folds(30, 3, {1}), {.ridge = 1e-3})
          .save();
  const auto refusal = [](const Archive& archive) -> std::string {
    try {
      PredictionIntervals<double>::load(archive);
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "nothing was refused";
  };
  Archive bad = good;
  bad.metadata["kind"] = "ridge_regression";
  CHECK_THAT(refusal(bad), Contains("holds a 'ridge_regression'"));
  bad = good;
  bad.metadata["outputs_per_model"] = "2";
  CHECK_THAT(refusal(bad), Contains("does not divide"));
  bad = good;
  std::get<Matrix<double>>(bad.arrays.at("held_out_model"))(0, 5) = 3.0;
  CHECK_THAT(refusal(bad), Contains("'held_out_model' holds no numbers of models"));
  bad = good;
  std::get<Matrix<double>>(bad.arrays.at("held_out_model"))(0, 5) = 0.5;
  CHECK_THAT(refusal(bad), Contains("'held_out_model' holds no numbers of models"));
  bad = good;
  std::get<Matrix<double>>(bad.arrays.at("held_out_share"))(0, 5) = 0.0;
  CHECK_THAT(refusal(bad), Contains("not positive"));
  bad = good;
  std::get<Matrix<double>>(bad.arrays.at("held_out_share"))(0, 5) = 1.0;
  CHECK_THAT(refusal(bad), Contains("comes to 1 or more"));
  bad = good;
  bad.metadata["held_out_rows"] = "29";
  CHECK_THAT(refusal(bad), Contains("held_out"));
  bad = good;
  bad.metadata["kinds_of_score"] = "0";
  CHECK_THAT(refusal(bad), Contains("kinds_of_score is 0"));
  CHECK(refusal(good) == "nothing was refused");
}
