// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>

#include <algorithm>
#include <numbers>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

constexpr Index kRows = 400;
constexpr Index kFrequencies = 60;  // 120 features
constexpr double kTolerance = 1e-10;

Eigen::MatrixXd dense(const Matrix<double>& a) {
  return Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(a.data(), a.rows(),
                                                                          a.cols());
}

/// The problem that identities are checked on, in Eigen's terms.
struct Fixture {
  explicit Fixture(Intercept with, bool weighted = false)
      : problem(smooth_problem<double>(kRows, 4, 1, 11)), map(regression_spec(4, kFrequencies)) {
    if (weighted) add_weights(problem, 12);
    equations.add(problem.rows());
    phi = dense(features_of(map, problem.x));
    y = dense(problem.targets);
    w = Eigen::VectorXd::Ones(kRows);
    for (std::size_t i = 0; i < problem.weights.size(); ++i) {
      w(static_cast<Eigen::Index>(i)) = problem.weights[i];
    }
    intercept = with;
    // Centring is the exact elimination of an unpenalised column of ones.
    if (with == Intercept::fitted) {
      phi.rowwise() -= ((w.asDiagonal() * phi).colwise().sum() / w.sum()).eval();
      y.rowwise() -= ((w.asDiagonal() * y).colwise().sum() / w.sum()).eval();
    }
    scaled = w.cwiseSqrt().asDiagonal() * phi;
    scaled_y = w.cwiseSqrt().asDiagonal() * y;
  }

  Eigen::MatrixXd system(double ridge) const {
    return scaled.transpose() * scaled +
           w.sum() * ridge * Eigen::MatrixXd::Identity(phi.cols(), phi.cols());
  }

  Problem<double> problem;
  FeatureMap<double> map;
  NormalEquations<double> equations{map};
  Intercept intercept;
  Eigen::MatrixXd phi, y, scaled, scaled_y;
  Eigen::VectorXd w;
};

double worst(const Eigen::MatrixXd& a, const Matrix<double>& b) {
  return (a - dense(b)).cwiseAbs().maxCoeff();
}

}  // namespace

TEST_CASE("primal and dual solutions predict the same", "[regression]") {
  for (const Intercept with : {Intercept::fitted, Intercept::none}) {
    for (const bool weighted : {false, true}) {
      const Fixture f(with, weighted);
      const double ridge = 1e-3;
      const RidgeRegression<double> model(f.equations, {.ridge = ridge, .intercept = with});
      const Eigen::MatrixXd theta = f.system(ridge).llt().solve(f.scaled.transpose() * f.scaled_y);
      CHECK(worst(theta, model.coefficients()) < kTolerance);
      const Eigen::MatrixXd gram = f.scaled * f.scaled.transpose() +
                                   f.w.sum() * ridge * Eigen::MatrixXd::Identity(kRows, kRows);
      const Eigen::MatrixXd alpha = gram.llt().solve(f.scaled_y);
      const double mean =
          with == Intercept::fitted ? f.w.dot(dense(f.problem.targets).col(0)) / f.w.sum() : 0.0;
      const Eigen::MatrixXd dual = (f.phi * (f.scaled.transpose() * alpha)).array() + mean;
      Matrix<double> prediction(kRows, 1);
      model.predict(f.problem.x.view(), prediction.view());
      CHECK(worst(dual, prediction) < kTolerance);
    }
  }
}

TEMPLATE_TEST_CASE("a target offset changes no result, with an intercept or without",
                   "[regression]", float, double) {
  auto problem = smooth_problem<TestType>(400, 2, 3, 31);
  for (Index i = 0; i < 400; ++i) problem.targets(i, 2) += TestType{7};
  add_weights(problem, 32);
  const FeatureMap<TestType> map(regression_spec(2, 20));
  NormalEquations<TestType> plain(map, {.num_targets = 3, .target_offset = {}});
  NormalEquations<TestType> shifted(map, {.num_targets = 3, .target_offset = {3.0, -0.5, 6.0}});
  plain.add(problem.rows());
  shifted.add(problem.rows());
  const std::vector<double> ridges = {1e-3, 1e-1};
  for (const Intercept with : {Intercept::fitted, Intercept::none}) {
    const RidgeOptions options{.ridge = 1e-3, .intercept = with, .posterior = Posterior::full};
    const RidgeRegression<TestType> a(plain, options);
    const RidgeRegression<TestType> b(shifted, options);
    CHECK(worst(dense(a.coefficients()), b.coefficients()) < kTolerance);
    const RidgePath path = ridge_path(plain, ridges, with);
    const RidgePath other = ridge_path(shifted, ridges, with);
    for (Index c = 0; c < 3; ++c) {
      const auto at = static_cast<std::size_t>(c);
      CHECK(a.intercepts()[at] == Approx(b.intercepts()[at]).epsilon(kTolerance));
      if (with == Intercept::none) CHECK(b.intercepts()[at] == 0.0);
      CHECK(a.noise_variances()[at] == Approx(b.noise_variances()[at]).epsilon(kTolerance));
      for (Index r = 0; r < 2; ++r) {
        CHECK(path.residuals(r, c) == Approx(other.residuals(r, c)).epsilon(kTolerance));
      }
    }
    for (std::size_t r = 0; r < 2; ++r) {
      CHECK(path.gcv[r] == Approx(other.gcv[r]).epsilon(kTolerance));
      CHECK(path.log_evidence[r] == Approx(other.log_evidence[r]).epsilon(kTolerance));
    }
  }
}

TEST_CASE("leave-one-out residuals are those of refitted models", "[regression]") {
  for (const Intercept with : {Intercept::fitted, Intercept::none}) {
    for (const bool weighted : {false, true}) {
      const Fixture f(with, weighted);
      const double ridge = 1e-3;
      const RidgeRegression<double> model(
          f.equations, {.ridge = ridge, .intercept = with, .posterior = Posterior::full});
      Matrix<double> residual(kRows, 1);
      model.leave_one_out(f.problem.rows(), residual.view());
      for (const Index left_out : {0, 17, 399}) {
        auto rest = f.problem;
        rest.weights.assign(kRows, 1.0);
        for (std::size_t i = 0; i < f.problem.weights.size(); ++i) {
          rest.weights[i] = f.problem.weights[i];
        }
        const double own = rest.weights[static_cast<std::size_t>(left_out)];
        rest.weights[static_cast<std::size_t>(left_out)] = 0.0;
        NormalEquations<double> equations(f.map);
        equations.add(rest.rows());
        // The penalty W lambda is that of all rows.
        const double total = f.w.sum();
        const RidgeRegression<double> refitted(
            equations, {.ridge = ridge * total / (total - own), .intercept = with});
        Matrix<double> prediction(1, 1);
        refitted.predict(f.problem.x.view().middle_rows(left_out, 1), prediction.view());
        CHECK(std::abs(f.problem.targets(left_out, 0) - prediction(0, 0) - residual(left_out, 0)) <
              kTolerance);
      }
    }
  }
}

TEST_CASE("a path has the criteria of every ridge", "[regression]") {
  for (const Intercept with : {Intercept::fitted, Intercept::none}) {
    for (const bool weighted : {false, true}) {
      const Fixture f(with, weighted);
      const std::vector<double> ridges = logarithmic_ridges(1e-8, 10.0, 4);
      const RidgePath path = ridge_path(f.equations, ridges, with);
      const double total = f.w.sum();
      const double ones = with == Intercept::fitted ? 1.0 : 0.0;
      const double degrees = kRows - ones;
      for (std::size_t i = 0; i < ridges.size(); ++i) {
        const double penalty = total * ridges[i];
        const Eigen::MatrixXd a = f.system(ridges[i]);
        const Eigen::VectorXd theta = a.llt().solve(f.scaled.transpose() * f.scaled_y);
        const double rss = (f.scaled_y - f.scaled * theta).squaredNorm();
        const double df = (a.inverse() * f.scaled.transpose() * f.scaled).trace() + ones;
        CHECK(path.residuals(static_cast<Index>(i), 0) == Approx(rss).epsilon(1e-8));
        CHECK(path.degrees_of_freedom[i] == Approx(df).epsilon(1e-8));
        CHECK(path.gcv[i] == Approx(kRows * rss / std::pow(kRows - df, 2)).epsilon(1e-8));
        // The density of the contrasts, from the marginal covariance sigma^2 (G / penalty + I).
        const double sigma2 = (rss + penalty * theta.squaredNorm()) / degrees;
        const Eigen::MatrixXd covariance = sigma2 * (f.scaled * f.scaled.transpose() / penalty +
                                                     Eigen::MatrixXd::Identity(kRows, kRows));
        const double log_weights = f.w.array().log().sum();
        const double quadratic =
            (f.scaled_y.transpose() * covariance.llt().solve(f.scaled_y)).value();
        const double log_det =
            2.0 * covariance.llt().matrixL().toDenseMatrix().diagonal().array().log().sum();
        double evidence =
            -0.5 * (quadratic + log_det + kRows * std::log(2.0 * std::numbers::pi) - log_weights);
        if (ones > 0.0) {
          // Centred rows lie in n - 1 dimensions: the direction sqrt(w) keeps variance sigma^2.
          evidence += 0.5 * std::log(2.0 * std::numbers::pi * sigma2) - 0.5 * std::log(total);
        }
        CHECK(path.log_evidence[i] == Approx(evidence).epsilon(1e-9));
      }
    }
  }
}

TEST_CASE("a model's variance is that of its posterior", "[regression]") {
  for (const Intercept with : {Intercept::fitted, Intercept::none}) {
    const Fixture f(with, true);
    const double ridge = 1e-2;
    const RidgeRegression<double> model(
        f.equations, {.ridge = ridge, .intercept = with, .posterior = Posterior::full});
    const double ones = with == Intercept::fitted ? 1.0 : 0.0;
    const Eigen::VectorXd theta = dense(model.coefficients()).col(0);
    const double sigma2 =
        ((f.scaled_y - f.scaled * theta).squaredNorm() + f.w.sum() * ridge * theta.squaredNorm()) /
        (kRows - ones);
    CHECK(model.noise_variances()[0] == Approx(sigma2).epsilon(1e-9));
    const Eigen::MatrixXd inverse = f.system(ridge).inverse();
    Matrix<double> mean(kRows, 1);
    Matrix<double> variance(kRows, 1);
    model.predict_with_variance(f.problem.x.view(), mean.view(), variance.view());
    for (const Index i : {0, 63, 64, 399}) {
      const Eigen::VectorXd row = f.phi.row(i);
      const double expected = sigma2 * (row.dot(inverse * row) + ones / f.w.sum());
      CHECK(variance(i, 0) == Approx(expected).epsilon(1e-9));
    }
  }
}

TEST_CASE("sampled functions have the posterior's mean and variance", "[regression][statistical]") {
  // Few features: the draws, not the algebra, are what is tested. |z| <= 5 by closed forms: a
  // sample variance of normals has relative standard deviation sqrt(2 / count).
  constexpr Index kCount = 200000;
  const auto problem = smooth_problem<double>(60, 2, 1, 13);
  const FeatureMap<double> map(regression_spec(2, 6));
  NormalEquations<double> equations(map);
  equations.add(problem.rows());
  const RidgeRegression<double> model(
      equations, {.ridge = 1e-2, .intercept = Intercept::fitted, .posterior = Posterior::full});
  const RidgeRegression<double> samples = model.sample(0, kCount, Seed{1});
  Matrix<double> mean(2, 1);
  Matrix<double> variance(2, 1);
  Matrix<double> values(2, kCount);
  const MatrixView<const double> x = problem.x.view().middle_rows(0, 2);
  model.predict_with_variance(x, mean.view(), variance.view());
  samples.predict(x, values.view());
  for (Index i = 0; i < 2; ++i) {
    double sum = 0.0;
    double squares = 0.0;
    for (Index s = 0; s < kCount; ++s) {
      const double change = values(i, s) - mean(i, 0);
      sum += change;
      squares += change * change;
    }
    const double n = static_cast<double>(kCount);
    CHECK(std::abs(sum / n) <= 5.0 * std::sqrt(variance(i, 0) / n));
    CHECK(std::abs(squares / n / variance(i, 0) - 1.0) <= 5.0 * std::sqrt(2.0 / n));
    // Draws without the intercept's own uncertainty, 1/60 of the noise, would be caught.
    const double without = variance(i, 0) - model.noise_variances()[0] / 60.0;
    CHECK(std::abs(squares / n / without - 1.0) > 5.0 * std::sqrt(2.0 / n));
  }
}

TEMPLATE_TEST_CASE("a loaded model is the saved one", "[regression]", float, double) {
  auto problem = smooth_problem<TestType>(300, 3, 2, 14);
  NormalEquations<TestType> equations(FeatureMap<TestType>(regression_spec(3, 20)),
                                      {.num_targets = 2, .target_offset = {}});
  equations.add(problem.rows());
  for (const Posterior posterior : {Posterior::mean, Posterior::full}) {
    const RidgeRegression<TestType> model(
        equations, {.ridge = 1e-4, .intercept = Intercept::fitted, .posterior = posterior});
    const auto loaded = RidgeRegression<TestType>::load(model.save());
    Matrix<TestType> a(300, 2), b(300, 2);
    model.predict(problem.x.view(), a.view());
    loaded.predict(problem.x.view(), b.view());
    CHECK(std::equal(a.data(), a.data() + a.size(), b.data()));
    Matrix<double> va(300, 2), vb(300, 2);
    if (posterior == Posterior::full) {
      model.predict_with_variance(problem.x.view(), a.view(), va.view());
      loaded.predict_with_variance(problem.x.view(), b.view(), vb.view());
      CHECK(std::equal(va.data(), va.data() + va.size(), vb.data()));
    } else {
      CHECK_THROWS_WITH(loaded.predict_with_variance(problem.x.view(), b.view(), vb.view()),
                        Contains("Posterior::full"));
    }
  }
}

TEST_CASE("singular systems are refused at ridge zero and solved above it", "[regression]") {
  // More features than rows, a constant column, a column twice, one row many times.
  const auto few = smooth_problem<double>(30, 2, 1, 15);
  const FeatureMap<double> map(regression_spec(2, 20));
  NormalEquations<double> equations(map);
  equations.add(few.rows());
  CHECK_THROWS_WITH(RidgeRegression<double>(equations, {.ridge = 0.0}),
                    Contains("singular at ridge 0"));
  CHECK_NOTHROW(RidgeRegression<double>(equations, {.ridge = 1e-6}));
  const RidgePath path = ridge_path(equations, std::vector<double>{0.0, 1e-6});
  CHECK(path.log_evidence[0] == -std::numeric_limits<double>::infinity());
  CHECK(std::isfinite(path.log_evidence[1]));

  Problem<double> same{Matrix<double>(500, 2), Matrix<double>(500, 1), {}};
  NormalEquations<double> constant(map);
  constant.add(same.rows());
  CHECK_THROWS_WITH(RidgeRegression<double>(constant, {.ridge = 0.0}), Contains("singular"));
  const RidgeRegression<double> flat(constant, {.ridge = 1e-6});
  CHECK(flat.noise_variances()[0] == 0.0);

  CHECK_THROWS_WITH(RidgeRegression<double>(NormalEquations<double>(map), {.ridge = 1e-3}),
                    Contains("no row of positive weight"));
  CHECK_THROWS_WITH(RidgeRegression<double>(equations, {.ridge = -1.0}), Contains("ridge is -1"));
  CHECK_THROWS_WITH(ridge_path(equations, std::vector<double>{std::nan("")}),
                    Contains("ridge is nan"));
}

TEST_CASE("a constant target is predicted exactly", "[regression]") {
  auto problem = smooth_problem<double>(300, 2, 1, 16);
  for (Index i = 0; i < 300; ++i) problem.targets(i, 0) = 7.25;
  NormalEquations<double> equations(FeatureMap<double>(regression_spec(2, 20)));
  equations.add(problem.rows());
  const RidgeRegression<double> model(equations, {.ridge = 1e-4});
  Matrix<double> prediction(300, 1);
  model.predict(problem.x.view(), prediction.view());
  for (Index i = 0; i < 300; ++i) CHECK(prediction(i, 0) == Approx(7.25).epsilon(1e-10));
}

TEST_CASE("solutions have the same bits for any number of threads", "[regression]") {
  const auto problem = smooth_problem<double>(600, 3, 2, 17);
  NormalEquations<double> equations(FeatureMap<double>(regression_spec(3, 150)),
                                    {.num_targets = 2, .target_offset = {}});
  equations.add(problem.rows());
  const RidgeOptions options{
      .ridge = 1e-5, .intercept = Intercept::fitted, .posterior = Posterior::full};
  const RidgeRegression<double> one(equations, options, {1});
  const RidgeRegression<double> many(equations, options, {3});
  CHECK(std::equal(one.coefficients().data(), one.coefficients().data() + one.coefficients().size(),
                   many.coefficients().data()));
  Matrix<double> a(600, 2), b(600, 2), va(600, 2), vb(600, 2);
  one.predict_with_variance(problem.x.view(), a.view(), va.view(), {1});
  many.predict_with_variance(problem.x.view(), b.view(), vb.view(), {3});
  CHECK(std::equal(a.data(), a.data() + a.size(), b.data()));
  CHECK(std::equal(va.data(), va.data() + va.size(), vb.data()));
}
