// SPDX-License-Identifier: Apache-2.0
#include "property/ridge_oracle.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

/// \file
/// Every function of the regression client on inputs and targets far from zero, minute and huge,
/// against the same systems solved in long double on the same features.

using namespace bochner;
using namespace bochner::property;

namespace {

constexpr double kRidge = 1e-3;

template <Scalar T>
void check_ridge_functions(const Setting<T>& setting) {
  const FeatureMap<T> map(setting.spec);
  const auto phi = features_of(map, setting.x);
  const std::vector<char> all(kRows, 1);
  const Oracle right(phi, setting, all, kRidge);
  const Long spread = std::sqrt(right.yy / right.weight);
  const Long about = right.mean_target;

  Matrix<double> f(kRows, 1);
  const auto predicts = [&](const RidgeRegression<T>& model, double part) {
    model.predict(setting.x.view(), f.view());
    bool good = true;
    for (std::size_t i = 0; i < kRows; ++i) {
      good = good && near(f(static_cast<Index>(i), 0), right.predict(phi[i]), spread, about, part);
    }
    return good;
  };
  for (const Solver solver : {Solver::cholesky, Solver::dual, Solver::conjugate_gradients}) {
    INFO("solver " << static_cast<int>(solver));
    const auto fit = fit_ridge<T>(
        map, setting.rows(), {.model = {.ridge = kRidge}, .solver = solver, .tolerance = 1e-11});
    CHECK(predicts(fit.model, 1e-7));
    CHECK(near(fit.model.noise_variances()[0], right.unexplained / (right.rows - 1),
               spread * spread, 0));
  }
  NormalEquations<T> equations(map, {.num_targets = 1, .target_offset = {setting.y(0, 0)}});
  equations.add(setting.rows());
  NormalEquations<T> half(map, equations.options());
  half.add(setting.rows().middle_rows(0, 17));
  NormalEquations<T> rest(map, equations.options());
  rest.add(setting.rows().middle_rows(17, kRows - 17));
  half.merge(rest);
  CHECK(predicts(RidgeRegression<T>(half, {.ridge = kRidge}), 1e-7));
  const RidgeRegression<T> model(NormalEquations<T>::load(equations.save()),
                                 {.ridge = kRidge, .posterior = Posterior::full});
  CHECK(predicts(model, 1e-7));
  CHECK(predicts(RidgeRegression<T>::load(model.save()), 1e-7));

  Matrix<double> variance(kRows, 1), residual(kRows, 1);
  model.predict_with_variance(setting.x.view(), f.view(), variance.view());
  model.leave_one_out(setting.rows(), residual.view());
  const RidgeRegression<T> drawn = model.sample(0, 3, {9});
  Matrix<double> g(kRows, 3);
  drawn.predict(setting.x.view(), g.view());
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto at = static_cast<Index>(i);
    const Long v = right.variance(phi[i]);
    CHECK(near(variance(at, 0), v, v, 0, 1e-6));
    std::vector<char> others = all;
    others[i] = 0;
    const Oracle without(phi, setting, others, kRidge, right.penalty);
    CHECK(near(residual(at, 0), static_cast<Long>(setting.y(at, 0)) - without.predict(phi[i]),
               spread, about, 1e-6));
    for (Index s = 0; s < 3; ++s) {
      CHECK(near(g(at, s), right.predict(phi[i]), 8 * std::sqrt(v), about, 1.0));
    }
  }

  const std::vector<double> leverage = ridge_leverage(equations, kRidge);
  for (std::size_t j = 0; j < leverage.size(); ++j) {
    CHECK(near(leverage[j], 1 - right.penalty * right.inverse_diagonal[j], 1, 0));
  }
  const RidgePath path = ridge_path(equations, std::vector<double>{kRidge});
  const Long sum_of_squares = right.unexplained - right.penalty * right.square;
  const Long spare = right.rows - right.degrees_of_freedom;
  CHECK(near(path.residuals(0, 0), sum_of_squares, right.yy, 0));
  CHECK(near(path.degrees_of_freedom[0], right.degrees_of_freedom, 1, 0));
  CHECK(near(path.gcv[0], right.rows * sum_of_squares / (spare * spare), spread * spread, 0));
  if (right.yy > 0) {
    const Long degrees = right.rows - 1;
    const Long volume =
        right.log_determinant - static_cast<Long>(right.features) * std::log(right.penalty);
    const Long pi = std::acos(Long{-1});
    const Long evidence =
        -(degrees + volume + degrees * std::log(2 * pi * right.unexplained / degrees) -
          right.log_weights + std::log(right.weight)) /
        2;
    CHECK(near(path.log_evidence[0], evidence, evidence, 0, 1e-6));
  }

  const Folds folds = row_folds(kRows, 4, {3});
  const CrossValidation validation =
      cross_validate<T>(map, setting.rows(), std::vector<double>{kRidge}, folds);
  Long loss = 0;
  for (Index fold = 0; fold < 4; ++fold) {
    std::vector<char> others;
    for (const Index of : folds.fold) others.push_back(of == fold ? 0 : 1);
    const Oracle without(phi, setting, others, kRidge);
    for (std::size_t i = 0; i < kRows; ++i) {
      if (others[i]) continue;
      const Long error = setting.y(static_cast<Index>(i), 0) - without.predict(phi[i]);
      loss += static_cast<Long>(setting.weights[i]) * error * error / right.weight;
    }
  }
  CHECK(near(validation.squared_error(0, 0), loss, spread * spread, 0, 1e-6));
  CHECK(near(validation.loss[0], loss / (spread * spread), 1, 0, 1e-6));

  for (const Criterion criterion : {Criterion::k_fold, Criterion::leave_one_out,
                                    Criterion::generalised_cross_validation, Criterion::evidence}) {
    SearchOptions options;
    options.criterion = criterion;
    options.num_folds = 4;
    options.max_candidates = 2;
    options.ridges = {kRidge, 10 * kRidge};
    const SearchResult found = search_hyperparameters<T>(setting.spec, setting.rows(), options);
    CHECK(std::isfinite(found.score));
    CHECK(std::isfinite(found.ridge));
  }
}

/// The gradient of the logistic objective at the solution, on features in long double.
template <Scalar T>
void check_logistic_functions(const Setting<T>& setting) {
  const FeatureMap<T> map(setting.spec);
  const auto phi = features_of(map, setting.x);
  const LogisticRegression<T> model(map, setting.labelled(), 2,
                                    {.ridge = kRidge, .tolerance = 1e-7});
  CHECK(model.report().converged);
  Matrix<T> p(kRows, 2);
  model.predict_probabilities(setting.x.view(), p.view());
  const Matrix<double>& theta = model.coefficients();
  std::vector<Long> slope(phi.front().size());
  Long weight = 0, constant = 0;
  for (std::size_t i = 0; i < kRows; ++i) {
    Long score[2];
    for (Index c = 0; c < 2; ++c) {
      score[c] = model.intercepts()[static_cast<std::size_t>(c)];
      for (std::size_t j = 0; j < phi[i].size(); ++j) {
        score[c] += static_cast<Long>(theta(static_cast<Index>(j), c)) * phi[i][j];
      }
    }
    const Long right = 1 / (1 + std::exp(score[0] - score[1]));
    CHECK(near(static_cast<double>(p(static_cast<Index>(i), 1)), right, 1, 0, 1e-6));
    const Long error =
        static_cast<Long>(setting.weights[i]) * (right - static_cast<Long>(setting.labels[i]));
    weight += static_cast<Long>(setting.weights[i]);
    constant += error;
    for (std::size_t j = 0; j < phi[i].size(); ++j) slope[j] += error * phi[i][j];
  }
  CHECK(std::abs(constant / weight) < 1e-6);
  for (std::size_t j = 0; j < slope.size(); ++j) {
    const Long penalty =
        static_cast<Long>(kRidge) * static_cast<Long>(theta(static_cast<Index>(j), 1));
    CHECK(std::abs(slope[j] / weight + penalty) < 1e-6);
  }
  const LogisticValidation validation = cross_validate_logistic<T>(
      map, setting.labelled(), 2, std::vector<double>{kRidge}, row_folds(kRows, 4, {3}));
  CHECK(std::isfinite(validation.log_loss[0]));
  CHECK(validation.error_rate[0] >= 0.0);
  CHECK(validation.error_rate[0] <= 1.0);
}

/// What has no range to leave, but doors.
template <Scalar T>
void check_labels(const Setting<T>& setting) {
  const std::vector<Index> labels = group_labels<T>(setting.x.view());
  for (std::size_t i = 1; i < labels.size(); ++i) {
    const auto at = static_cast<Index>(i);
    CHECK((labels[i] == labels[0]) == (setting.x(at, 0) == setting.x(0, 0)));
  }
  CHECK(repeated_columns<T>(setting.x.view()).empty());
}

template <Scalar T>
void check_all(const Setting<T>& setting) {
  if (setting.finite()) {
    check_ridge_functions(setting);
    check_logistic_functions(setting);
    check_labels(setting);
    return;
  }
  // Numbers that T cannot hold: nothing takes them.
  const FeatureMap<T> map(setting.spec);
  NormalEquations<T> equations(map);
  const Folds folds = row_folds(kRows, 4, {3});
  const std::vector<double> ridges = {kRidge};
  CHECK_THROWS_AS(equations.add(setting.rows()), InvalidArgument);
  CHECK_THROWS_AS(fit_ridge<T>(map, setting.rows()), InvalidArgument);
  CHECK_THROWS_AS(cross_validate<T>(map, setting.rows(), ridges, folds), InvalidArgument);
  CHECK_THROWS_AS(search_hyperparameters<T>(setting.spec, setting.rows()), InvalidArgument);
  CHECK_THROWS_AS(LogisticRegression<T>(map, setting.labelled(), 2), InvalidArgument);
  CHECK_THROWS_AS(cross_validate_logistic<T>(map, setting.labelled(), 2, ridges, folds),
                  InvalidArgument);
  CHECK_THROWS_AS(group_labels<T>(setting.x.view()), InvalidArgument);
}

}  // namespace

TEMPLATE_TEST_CASE("regression is right or refused on targets of any range", "[range]", float,
                   double) {
  for (const Range range : ranges()) {
    INFO("targets at " << range.offset << ", times " << range.scale);
    check_all(Setting<TestType>({0.0, 1.0}, range));
  }
}

TEMPLATE_TEST_CASE("regression is right or refused on inputs of any range", "[range]", float,
                   double) {
  for (const Range range : ranges()) {
    INFO("inputs at " << range.offset << ", times " << range.scale);
    check_all(Setting<TestType>(range, {0.0, 1.0}));
  }
}
