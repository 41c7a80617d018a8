// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

constexpr std::array<double, 3> kRidges = {1e-7, 1e-4, 1e-1};
/// Moments in float are uncertain by about 1e-7 of their size, which a ridge has to exceed by far
/// before two orders of summation agree.
constexpr std::array<double, 3> kFloatRidges = {1e-4, 1e-2, 1e-1};

template <Scalar T>
Problem<T> where_fold(const Problem<T>& all, const Folds& folds, Index fold, bool inside) {
  std::vector<Index> chosen;
  for (Index i = 0; i < all.x.rows(); ++i) {
    if ((folds.fold[static_cast<std::size_t>(i)] == fold) == inside) chosen.push_back(i);
  }
  const auto n = static_cast<Index>(chosen.size());
  Problem<T> part{Matrix<T>(n, all.x.cols()), Matrix<T>(n, all.targets.cols()), {}};
  for (Index i = 0; i < n; ++i) {
    const Index from = chosen[static_cast<std::size_t>(i)];
    for (Index k = 0; k < all.x.cols(); ++k) part.x(i, k) = all.x(from, k);
    for (Index c = 0; c < all.targets.cols(); ++c) part.targets(i, c) = all.targets(from, c);
    if (!all.weights.empty()) part.weights.push_back(all.weights[static_cast<std::size_t>(from)]);
  }
  return part;
}

/// What the definition says: a model fitted without each fold, asked about it.
struct BruteForce {
  double loss = 0.0;
  std::vector<double> squared_error;
};

template <Scalar T>
BruteForce brute_force(const Problem<T>& problem, const FeatureMap<T>& map, const Folds& folds,
                       double ridge, Intercept intercept, Loss loss) {
  const Index t = problem.targets.cols();
  double weight = 0.0;
  std::vector<double> mean(static_cast<std::size_t>(t)), variance(static_cast<std::size_t>(t));
  const auto weight_at = [&](const Problem<T>& rows, Index i) {
    return rows.weights.empty() ? 1.0
                                : static_cast<double>(rows.weights[static_cast<std::size_t>(i)]);
  };
  for (Index i = 0; i < problem.x.rows(); ++i) weight += weight_at(problem, i);
  for (Index c = 0; c < t; ++c) {
    const auto at = static_cast<std::size_t>(c);
    for (Index i = 0; i < problem.x.rows(); ++i) {
      mean[at] += weight_at(problem, i) * static_cast<double>(problem.targets(i, c)) / weight;
    }
    for (Index i = 0; i < problem.x.rows(); ++i) {
      const double d = static_cast<double>(problem.targets(i, c)) - mean[at];
      variance[at] += weight_at(problem, i) * d * d / weight;
    }
  }
  BruteForce result{0.0, std::vector<double>(static_cast<std::size_t>(t))};
  for (Index fold = 0; fold < folds.count; ++fold) {
    const Problem<T> rest = where_fold(problem, folds, fold, false);
    const Problem<T> held = where_fold(problem, folds, fold, true);
    NormalEquations<T> equations(map, {.num_targets = t, .target_offset = {}});
    equations.add(rest.rows());
    const RidgeRegression<T> model(equations, {.ridge = ridge, .intercept = intercept});
    Matrix<T> out(held.x.rows(), t);
    model.predict(held.x.view(), out.view());
    for (Index i = 0; i < held.x.rows(); ++i) {
      Index best = 0;
      Index truth = 0;
      for (Index c = 0; c < t; ++c) {
        const auto at = static_cast<std::size_t>(c);
        const double r = static_cast<double>(out(i, c)) - static_cast<double>(held.targets(i, c));
        const double square = weight_at(held, i) * r * r / weight;
        result.squared_error[at] += square;
        if (loss == Loss::squared) {
          result.loss += square / (variance[at] * static_cast<double>(t));
        }
        if (out(i, c) > out(i, best)) best = c;
        if (held.targets(i, c) > held.targets(i, truth)) truth = c;
      }
      if (loss == Loss::misclassification && best != truth) {
        result.loss += weight_at(held, i) / weight;
      }
    }
  }
  return result;
}

}  // namespace

TEMPLATE_TEST_CASE("cross-validation is refitting without each fold", "[regression]", float,
                   double) {
  constexpr bool kFloat = std::is_same_v<TestType, float>;
  const double tolerance = kFloat ? 2e-3 : 1e-8;
  const auto& ridges = kFloat ? kFloatRidges : kRidges;
  for (const Intercept with : {Intercept::fitted, Intercept::none}) {
    for (const bool weighted : {false, true}) {
      auto problem = smooth_problem<TestType>(600, 3, 2, 31);
      if (weighted) add_weights(problem, 32);
      const FeatureMap<TestType> map(regression_spec(3, 40));
      std::vector<Index> groups;
      for (Index i = 0; i < 600; ++i) groups.push_back(i / 7);
      for (const Folds& folds : {row_folds(600, 4, {1}), group_folds(groups, 3, {2})}) {
        for (const Loss loss : {Loss::squared, Loss::misclassification}) {
          const auto found = cross_validate(map, problem.rows(), ridges, folds, loss, with);
          for (std::size_t r = 0; r < ridges.size(); ++r) {
            const BruteForce expected = brute_force(problem, map, folds, ridges[r], with, loss);
            if (loss == Loss::squared) {
              CHECK(found.loss[r] == Approx(expected.loss).epsilon(tolerance));
            } else {
              // Single rows may be tied to rounding.
              CHECK(found.loss[r] == Approx(expected.loss).margin(2.0 / 600.0));
            }
            for (Index c = 0; c < 2; ++c) {
              CHECK(found.squared_error(static_cast<Index>(r), c) ==
                    Approx(expected.squared_error[static_cast<std::size_t>(c)]).epsilon(tolerance));
            }
            double sum = 0.0;
            for (Index u = 0; u < folds.num_units; ++u) {
              sum += found.unit_loss(static_cast<Index>(r), u);
            }
            double weight = 600.0;
            if (weighted) {
              weight = 0.0;
              for (const TestType w : problem.weights) weight += static_cast<double>(w);
            }
            CHECK(sum / weight == Approx(found.loss[r]).epsilon(1e-12));
            CHECK(found.standard_error[r] > 0.0);
          }
        }
      }
    }
  }
}

TEST_CASE("as many folds as rows are leave-one-out", "[regression]") {
  const auto problem = smooth_problem<double>(80, 2, 1, 33);
  const FeatureMap<double> map(regression_spec(2, 20));
  const double ridge = 1e-3;
  const auto found =
      cross_validate(map, problem.rows(), std::vector<double>{ridge}, row_folds(80, 80, {1}));
  // The penalty is lambda times the number of rows that are left.
  NormalEquations<double> equations(map);
  equations.add(problem.rows());
  const RidgeRegression<double> model(equations,
                                      {.ridge = ridge * 79.0 / 80.0, .posterior = Posterior::full});
  Matrix<double> residual(80, 1);
  model.leave_one_out(problem.rows(), residual.view());
  double sum = 0.0;
  for (Index i = 0; i < 80; ++i) sum += residual(i, 0) * residual(i, 0) / 80.0;
  CHECK(found.squared_error(0, 0) == Approx(sum).epsilon(1e-9));
}

TEST_CASE("cross-validation has the same bits for any number of threads", "[regression]") {
  const auto problem = smooth_problem<float>(700, 3, 2, 34);
  const FeatureMap<float> map(regression_spec(3, 60));
  const Folds folds = row_folds(700, 5, {3});
  const auto one =
      cross_validate(map, problem.rows(), kRidges, folds, Loss::squared, Intercept::fitted, {1});
  const auto four =
      cross_validate(map, problem.rows(), kRidges, folds, Loss::squared, Intercept::fitted, {4});
  CHECK(one.loss == four.loss);
  CHECK(one.standard_error == four.standard_error);
}

TEST_CASE("folds are balanced partitions that keep groups together", "[regression]") {
  const Folds rows = row_folds(103, 5, {9});
  std::vector<Index> size(5);
  for (const Index fold : rows.fold) ++size[static_cast<std::size_t>(fold)];
  CHECK(*std::min_element(size.begin(), size.end()) == 20);
  CHECK(*std::max_element(size.begin(), size.end()) == 21);
  CHECK(row_folds(103, 5, {9}).fold == rows.fold);
  CHECK(row_folds(103, 5, {10}).fold != rows.fold);

  std::vector<Index> groups;
  for (Index i = 0; i < 200; ++i) groups.push_back((i * i) % 37 - 5);
  const Folds grouped = group_folds(groups, 4, {9});
  CHECK(grouped.num_units ==
        static_cast<Index>(std::set<Index>(groups.begin(), groups.end()).size()));
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (groups[i] == groups[j]) CHECK(grouped.fold[i] == grouped.fold[j]);
      CHECK((groups[i] == groups[j]) == (grouped.unit[i] == grouped.unit[j]));
    }
  }
  CHECK_THROWS_WITH(row_folds(3, 4, {1}), Contains("count is 4, expected from 2 to the 3 rows"));
  CHECK_THROWS_WITH(row_folds(30, 1, {1}), Contains("count is 1, expected from 2"));
  CHECK_THROWS_WITH(group_folds(std::vector<Index>{1, 1, 2}, 3, {1}),
                    Contains("count is 3, expected from 2 to the 2 groups"));
}

TEST_CASE("groups are equal rows, and columns that repeat together are found", "[regression]") {
  Matrix<double> columns(4, 2);
  columns(0, 0) = 0.0;
  columns(1, 0) = -0.0;
  columns(2, 0) = columns(3, 0) = 1.0;
  columns(3, 1) = -2.0;
  CHECK(group_labels<double>(columns.view()) == std::vector<Index>{0, 0, 2, 1});

  // 60 stations with three coordinates, 12 readings each, a month, a year, and a copy of a column.
  const Stream stream(Seed{5}, Purpose::study);
  Matrix<double> x(7200, 7);
  for (Index i = 0; i < x.rows(); ++i) {
    const auto station = static_cast<std::uint64_t>(i % 60);
    const double month = static_cast<double>(i / 60 % 12) * 0.5235987755982988;
    x(i, 0) = stream.normal(3 * station);
    x(i, 1) = std::cos(month);
    x(i, 2) = stream.normal(3 * station + 1);
    x(i, 3) = std::sin(month);
    x(i, 4) = static_cast<double>(i / 720);
    x(i, 5) = stream.normal(3 * station + 2);
    x(i, 6) = 2.0 * x(i, 0) + 1.0;
  }
  CHECK(repeated_columns<double>(x.view()) == std::vector<Index>{0, 2, 5});
  const auto labels = group_labels<double>(x.view().middle_cols(0, 1));
  CHECK(*std::max_element(labels.begin(), labels.end()) == 59);
  // Whole-number columns that are independent do not repeat together, nor does a lone id.
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index k = 0; k < 7; ++k) {
      x(i, k) = std::floor(60.0 * stream.uniform(static_cast<std::uint64_t>(i * 7 + k + 1000)));
    }
  }
  CHECK(repeated_columns<double>(x.view()).empty());
  x(3, 2) = std::nan("");
  CHECK_THROWS_WITH(repeated_columns<double>(x.view()), Contains("row 3, column 2 is nan"));
}

TEST_CASE("cross-validation refuses what does not fit", "[regression]") {
  const auto problem = smooth_problem<double>(50, 2, 1, 35);
  const FeatureMap<double> map(regression_spec(2, 10));
  const Folds folds = row_folds(50, 5, {1});
  const auto run = [&](const Problem<double>& rows, const Folds& with, double ridge) {
    return cross_validate(map, rows.rows(), std::vector<double>{ridge}, with);
  };
  CHECK_THROWS_WITH(run(problem, row_folds(49, 5, {1}), 1e-3),
                    Contains("folds.fold has 49 entries, expected 50"));
  CHECK_THROWS_WITH(run(problem, folds, -1.0), Contains("ridge is -1"));
  Folds wrong = folds;
  wrong.fold[7] = 5;
  CHECK_THROWS_WITH(run(problem, wrong, 1e-3), Contains("at row 7"));
  auto bad = problem;
  bad.targets(4, 0) = std::nan("");
  CHECK_THROWS_WITH(run(bad, folds, 1e-3), Contains("targets: row 4"));
  // A singular fold is a loss, not an exception.
  auto few = smooth_problem<double>(12, 2, 1, 36);
  CHECK(std::isinf(run(few, row_folds(12, 3, {1}), 0.0).loss[0]));
}
