// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

/// \file
/// Criteria that live on small residuals, in single precision: what rounding of sums would decide.

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// data/concrete.csv with standardised inputs; every fifth row of a random order is for the test.
struct Concrete {
  Matrix<double> x{1030, 8};
  Matrix<double> y{1030, 1};

  Concrete() {
    std::ifstream file(std::string(BOCHNER_DATA_DIR) + "/concrete.csv");
    std::string line;
    std::getline(file, line);
    for (Index i = 0; i < 1030; ++i) {
      std::getline(file, line);
      std::istringstream cells(line);
      for (Index k = 0; k <= 8; ++k) {
        std::string cell;
        std::getline(cells, cell, ',');
        (k < 8 ? x(i, k) : y(i, 0)) = std::stod(cell);
      }
    }
    for (Index k = 0; k < 8; ++k) {
      double mean = 0.0, square = 0.0;
      for (Index i = 0; i < 1030; ++i) mean += x(i, k) / 1030.0;
      for (Index i = 0; i < 1030; ++i) square += (x(i, k) - mean) * (x(i, k) - mean) / 1030.0;
      for (Index i = 0; i < 1030; ++i) x(i, k) = (x(i, k) - mean) / std::sqrt(square);
    }
  }
};

template <Scalar T>
struct Part {
  Matrix<T> x;
  Matrix<double> y;
  TrainingRows<T> rows() const { return {x.view(), y.view(), {}}; }
};

template <Scalar T>
Part<T> part_of(const Concrete& all, bool test) {
  const Folds folds = row_folds(1030, 5, {42});
  std::vector<Index> chosen;
  for (Index i = 0; i < 1030; ++i) {
    if ((folds.fold[static_cast<std::size_t>(i)] == 0) == test) chosen.push_back(i);
  }
  Part<T> part{Matrix<T>(static_cast<Index>(chosen.size()), 8),
               Matrix<double>(static_cast<Index>(chosen.size()), 1)};
  for (Index i = 0; i < part.x.rows(); ++i) {
    const Index from = chosen[static_cast<std::size_t>(i)];
    for (Index k = 0; k < 8; ++k) part.x(i, k) = static_cast<T>(all.x(from, k));
    part.y(i, 0) = all.y(from, 0);
  }
  return part;
}

template <Scalar T>
double root_mean_square_error(const RidgeRegression<T>& model, const Part<T>& part) {
  Matrix<double> f(part.x.rows(), 1);
  model.predict(part.x.view(), f.view());
  double sum = 0.0;
  for (Index i = 0; i < f.rows(); ++i) {
    sum += (f(i, 0) - part.y(i, 0)) * (f(i, 0) - part.y(i, 0)) / static_cast<double>(f.rows());
  }
  return std::sqrt(sum);
}

/// Of the model that a search by this criterion chooses, on rows that it has not seen.
template <Scalar T>
double test_error(const Concrete& data, Criterion criterion) {
  const Part<T> training = part_of<T>(data, false);
  SearchOptions options;
  options.criterion = criterion;
  options.lengthscales = LengthscaleSearch::common;
  const SearchResult found =
      search_hyperparameters<T>(regression_spec(8, 128), training.rows(), options);
  CHECK(std::isfinite(found.score));
  const auto fit = fit_ridge<T>(FeatureMap<T>(found.spec), training.rows(),
                                {.model = {.ridge = found.ridge}, .solver = Solver::cholesky});
  return root_mean_square_error(fit.model, part_of<T>(data, true));
}

/// y = sin x, without noise.
struct Sine {
  Matrix<float> x{300, 1};
  Matrix<double> y{300, 1};

  Sine() {
    for (Index i = 0; i < 300; ++i) {
      x(i, 0) = 0.02F * static_cast<float>(i);
      y(i, 0) = std::sin(static_cast<double>(x(i, 0)));
    }
  }
  TrainingRows<float> rows() const { return {x.view(), y.view(), {}}; }
};

}  // namespace

TEST_CASE("every criterion chooses as well in single precision as in double", "[regression]") {
  const Concrete data;
  for (const Criterion criterion :
       {Criterion::leave_one_out, Criterion::generalised_cross_validation, Criterion::evidence,
        Criterion::k_fold}) {
    INFO("criterion " << static_cast<int>(criterion));
    const double single = test_error<float>(data, criterion);
    const double twice = test_error<double>(data, criterion);
    CHECK(single < 1.02 * twice);
    CHECK(twice < 10.0);  // the deviation of the target is 16.7
  }
}

TEST_CASE("the score of noise-free targets is the model's own, by every criterion",
          "[regression]") {
  const Sine sine;
  for (const Criterion criterion : {Criterion::k_fold, Criterion::leave_one_out}) {
    SearchOptions options;
    options.criterion = criterion;
    options.lengthscales = LengthscaleSearch::common;
    const SearchResult found =
        search_hyperparameters<float>(regression_spec(1, 64), sine.rows(), options);
    const auto fit = fit_ridge<float>(FeatureMap<float>(found.spec), sine.rows(),
                                      {.model = {.ridge = found.ridge}});
    Matrix<double> f(300, 1);
    fit.model.predict(sine.x.view(), f.view());
    double mean = 0.0, variance = 0.0, error = 0.0;
    for (Index i = 0; i < 300; ++i) mean += sine.y(i, 0) / 300.0;
    for (Index i = 0; i < 300; ++i) {
      variance += std::pow(sine.y(i, 0) - mean, 2) / 300.0;
      error += std::pow(sine.y(i, 0) - f(i, 0), 2) / 300.0;
    }
    INFO("criterion " << static_cast<int>(criterion) << ", score " << found.score);
    // Rows that were seen are predicted better than those held out, and not worse.
    CHECK(error / variance < 2.0 * found.score);
    CHECK(found.score < 1e-8);
  }
}

TEST_CASE("a candidate that is singular scores infinity, and the search goes on", "[regression]") {
  const Problem<float> problem = smooth_problem<float>(60, 2, 1, 5);
  SearchOptions options;
  options.lengthscales = LengthscaleSearch::common;
  options.max_candidates = 3;
  for (const Criterion criterion :
       {Criterion::leave_one_out, Criterion::generalised_cross_validation, Criterion::evidence,
        Criterion::k_fold}) {
    INFO("criterion " << static_cast<int>(criterion));
    options.criterion = criterion;
    options.ridges = {1e-30, 1e-2};
    const SearchResult found =
        search_hyperparameters(regression_spec(2, 64), problem.rows(), options);
    CHECK(found.ridge == 1e-2);
    CHECK(std::isfinite(found.score));
    options.ridges = {1e-30, 1e-28};
    CHECK_THROWS_WITH(
        search_hyperparameters(regression_spec(2, 64), problem.rows(), options),
        Contains("at every ridge from 1e-30 to 1e-28 the system of 128 features and 60 rows is "
                 "singular; give larger ridges"));
  }
}

TEST_CASE("ridges are singular for a path where they are for a model", "[regression]") {
  const Problem<float> problem = smooth_problem<float>(60, 2, 1, 5);
  NormalEquations<float> equations{FeatureMap<float>(regression_spec(2, 64))};
  equations.add(problem.rows());
  for (const double ridge : {1e-30, 1e-20, 1e-17, 1e-10, 1e-6, 1e-2}) {
    bool singular = false;
    try {
      RidgeRegression<float>(equations, {.ridge = ridge});
    } catch (const InvalidArgument&) {
      singular = true;
    }
    INFO("ridge " << ridge);
    const RidgePath path = ridge_path(equations, std::vector<double>{ridge});
    CHECK(singular == (path.gcv[0] == kInfinity));
    CHECK(singular == (path.log_evidence[0] == -kInfinity));
  }
}

TEST_CASE("a target is constant when its values are equal up to rounding, and not before",
          "[regression]") {
  Sine sine;
  const auto loss = [&](double offset, double size) {
    Sine moved;
    for (Index i = 0; i < 300; ++i) moved.y(i, 0) = offset + size * sine.y(i, 0);
    return cross_validate<float>(FeatureMap<float>(regression_spec(1, 4, 0.05)), moved.rows(),
                                 std::vector<double>{10.0}, row_folds(300, 5, {1}))
        .loss[0];
  };
  // A ridge so large leaves nearly all of the variance.
  CHECK(loss(0.0, 1.0) == Approx(1.0).epsilon(0.1));
  CHECK(loss(1.6e9, 1e-3) == Approx(1.0).epsilon(0.1));
  CHECK(loss(0.0, 1e-100) == Approx(1.0).epsilon(0.1));
  CHECK(loss(1.0, 1e-16) < 1e-20);
  CHECK(loss(7.0, 0.0) == 0.0);
  CHECK_THROWS_WITH(loss(0.0, 1e-200), Contains("targets: column 0 spreads from"));
}
