// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

/// `classes` noisy rings.
struct Rings {
  Rings(Index n, Index classes, std::uint64_t seed) : x(n, 2) {
    const Stream stream(Seed{seed}, Purpose::study);
    for (Index i = 0; i < n; ++i) {
      const auto at = static_cast<std::uint64_t>(3 * i);
      const double angle = 6.283185307179586 * stream.uniform(at);
      const double radius =
          1.0 + static_cast<double>(i % classes) + 0.3 * stream.normal(at + 100000);
      x(i, 0) = radius * std::cos(angle);
      x(i, 1) = radius * std::sin(angle);
      labels.push_back(i % classes);
    }
  }
  LabelledRows<double> rows() const { return {x.view(), labels, weights}; }

  Matrix<double> x;
  std::vector<Index> labels;
  std::vector<double> weights;
};

}  // namespace

TEST_CASE("the gradient of logistic regression vanishes where it ends", "[regression]") {
  for (const Index classes : {2, 4}) {
    for (const Intercept with : {Intercept::fitted, Intercept::none}) {
      Rings rings(300, classes, 71);
      for (Index i = 0; i < 300; ++i) rings.weights.push_back(0.5 + static_cast<double>(i % 3));
      const FeatureMap<double> map(regression_spec(2, 20, 1.0));
      const double ridge = 1e-3;
      const LogisticRegression<double> model(
          map, rings.rows(), classes, {.ridge = ridge, .intercept = with, .tolerance = 1e-9});
      CHECK(model.report().converged);
      Matrix<double> p(300, classes);
      model.predict_probabilities(rings.x.view(), p.view());
      const Matrix<double> phi = features_of(map, rings.x);
      double weight = 0.0;
      for (const double w : rings.weights) weight += w;
      for (Index c = 0; c < classes; ++c) {
        double intercept = 0.0;
        std::vector<double> slope(static_cast<std::size_t>(map.num_features()));
        for (Index i = 0; i < 300; ++i) {
          const auto at = static_cast<std::size_t>(i);
          const double error =
              rings.weights[at] / weight * (p(i, c) - (rings.labels[at] == c ? 1.0 : 0.0));
          intercept += error;
          for (std::size_t j = 0; j < slope.size(); ++j) {
            slope[j] += error * phi(i, static_cast<Index>(j));
          }
        }
        if (with == Intercept::fitted) CHECK(std::abs(intercept) < 1e-9);
        for (std::size_t j = 0; j < slope.size(); ++j) {
          CHECK(std::abs(slope[j] + ridge * model.coefficients()(static_cast<Index>(j), c)) < 1e-9);
        }
      }
      double sum = 0.0;
      for (const double b : model.intercepts()) sum += b;
      CHECK(std::abs(sum) < 1e-12);
    }
  }
}

/// |gradient| of the objective at the model, over that at zero, from features in the model's
/// scalar.
template <Scalar T>
double relative_gradient(const LogisticRegression<T>& model, const Matrix<T>& x,
                         const std::vector<Index>& labels) {
  const Index n = x.rows();
  const Index classes = model.num_classes();
  const Matrix<T> phi = features<T>(model.map(), x.view());
  const auto norm_at = [&](double scale) {
    double square = 0.0;
    for (Index c = 0; c < classes; ++c) {
      std::vector<double> slope(static_cast<std::size_t>(phi.cols() + 1));
      for (Index i = 0; i < n; ++i) {
        std::vector<double> e(static_cast<std::size_t>(classes));
        double sum = 0.0;
        for (Index b = 0; b < classes; ++b) {
          double f = model.intercepts()[static_cast<std::size_t>(b)];
          for (Index j = 0; j < phi.cols(); ++j) f += phi(i, j) * model.coefficients()(j, b);
          sum += e[static_cast<std::size_t>(b)] = std::exp(scale * f);
        }
        const double error = (e[static_cast<std::size_t>(c)] / sum -
                              (labels[static_cast<std::size_t>(i)] == c ? 1.0 : 0.0)) /
                             static_cast<double>(n);
        for (Index j = 0; j < phi.cols(); ++j) {
          slope[static_cast<std::size_t>(j)] += error * static_cast<double>(phi(i, j));
        }
        slope.back() += error;
      }
      for (Index j = 0; j < phi.cols(); ++j) {
        slope[static_cast<std::size_t>(j)] +=
            scale * model.options().ridge * model.coefficients()(j, c);
      }
      for (const double s : slope) square += s * s;
    }
    return std::sqrt(square);
  };
  return norm_at(1.0) / norm_at(0.0);
}

TEMPLATE_TEST_CASE("logistic regression reaches tolerances below the rounding of the objective",
                   "[regression]", float, double) {
  for (const Index classes : {2, 5}) {
    for (const double ridge : {1e-2, 1e-4, 1e-7}) {
      for (const double tolerance : {1e-6, 1e-10, 1e-11}) {
        const Rings rings(300, classes, 74);
        Matrix<TestType> x(300, 2);
        std::copy_n(rings.x.data(), x.size(), x.data());
        const FeatureMap<TestType> map(regression_spec(2, 30, 1.0));
        const LogisticRegression<TestType> model(map, {x.view(), rings.labels}, classes,
                                                 {.ridge = ridge, .tolerance = tolerance});
        INFO(classes << " classes, ridge " << ridge << ": " << to_text(model.report()));
        CHECK(model.report().converged);
        CHECK(model.report().outcome == LogisticOutcome::converged);
        CHECK(model.report().gradient <= tolerance);
        // Beside the rounding of this sum, centred coordinates have a gradient of another length.
        CHECK(relative_gradient(model, x, rings.labels) < 10.0 * tolerance + 1e-13);
      }
    }
  }
}

TEST_CASE("a logistic fit that cannot reach its tolerance says why", "[regression]") {
  const Rings rings(300, 3, 75);
  const FeatureMap<double> map(regression_spec(2, 20, 1.0));
  const auto report_of = [&](double tolerance, Index max_steps) {
    return LogisticRegression<double>(
               map, rings.rows(), 3,
               {.ridge = 1e-3, .tolerance = tolerance, .max_steps = max_steps})
        .report();
  };
  const LogisticReport few = report_of(1e-10, 2);
  CHECK(few.steps == 2);
  CHECK_FALSE(few.converged);
  CHECK(few.outcome == LogisticOutcome::step_limit);
  const LogisticReport most = report_of(1e-30, 50);
  CHECK(most.steps < 50);
  CHECK(most.gradient < 1e-13);
  CHECK_FALSE(most.converged);
  CHECK(most.outcome == LogisticOutcome::precision);
}

TEST_CASE("a logistic fit reports every iteration, and an exception ends it", "[regression]") {
  const Rings rings(300, 3, 76);
  const FeatureMap<double> map(regression_spec(2, 20, 1.0));
  std::vector<LogisticReport> seen;
  LogisticOptions options{.ridge = 1e-4};
  options.on_iteration = [&](const LogisticReport& report) { seen.push_back(report); };
  const LogisticRegression<double> model(map, rings.rows(), 3, options);
  const LogisticReport& last = model.report();
  REQUIRE(seen.size() == static_cast<std::size_t>(last.products + last.steps));
  for (std::size_t k = 1; k < seen.size(); ++k) {
    // Either a product or a step more.
    CHECK(seen[k].products + seen[k].steps == seen[k - 1].products + seen[k - 1].steps + 1);
    CHECK(seen[k].objective <= seen[k - 1].objective * (1.0 + 1e-6));
  }
  CHECK(seen.back().gradient == last.gradient);
  CHECK_FALSE(model.options().on_iteration);
  const LogisticRegression<double> silent(map, rings.rows(), 3, {.ridge = 1e-4});
  CHECK(std::equal(model.coefficients().data(),
                   model.coefficients().data() + model.coefficients().size(),
                   silent.coefficients().data()));

  struct Enough {};
  options.on_iteration = [](const LogisticReport& report) {
    if (report.products == 3) throw Enough{};
  };
  CHECK_THROWS_AS(LogisticRegression<double>(map, rings.rows(), 3, options), Enough);
}

TEST_CASE("logistic regression classifies and survives a class of one row", "[regression]") {
  Rings rings(400, 3, 72);
  rings.x(399, 0) = 9.0;
  rings.labels[399] = 3;
  const FeatureMap<double> map(regression_spec(2, 80, 0.8));
  const LogisticRegression<double> model(map, rings.rows(), 4, {.ridge = 1e-4});
  const auto predicted = model.predict(rings.x.view());
  Index wrong = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    wrong += predicted[i] == rings.labels[i] ? 0 : 1;
  }
  CHECK(model.report().converged);
  CHECK(wrong < 40);
  CHECK(predicted[399] == 3);
  Matrix<double> p(400, 4);
  model.predict_probabilities(rings.x.view(), p.view());
  for (Index i = 0; i < 400; ++i) {
    CHECK(p(i, 0) + p(i, 1) + p(i, 2) + p(i, 3) == Approx(1.0).epsilon(1e-12));
  }
  const auto again = LogisticRegression<double>::load(model.save());
  Matrix<double> q(400, 4);
  again.predict_probabilities(rings.x.view(), q.view());
  CHECK(std::equal(p.data(), p.data() + p.size(), q.data()));
  const LogisticRegression<double> threads(map, rings.rows(), 4, {.ridge = 1e-4}, {3});
  threads.predict_probabilities(rings.x.view(), q.view());
  CHECK(std::equal(p.data(), p.data() + p.size(), q.data()));
}

TEST_CASE("logistic regression refuses what it cannot learn from", "[regression]") {
  const Rings rings(60, 2, 73);
  const FeatureMap<double> map(regression_spec(2, 10));
  const auto refused = [&](auto change, const char* why) {
    Rings bad = rings;
    LogisticOptions options;
    change(bad, options);
    CHECK_THROWS_WITH(LogisticRegression<double>(map, bad.rows(), 2, options), Contains(why));
  };
  refused([](Rings&, LogisticOptions& o) { o.ridge = 0.0; }, "ridge is 0");
  refused([](Rings&, LogisticOptions& o) { o.tolerance = -1.0; }, "tolerance is -1");
  refused([](Rings&, LogisticOptions& o) { o.max_steps = 0; }, "max_steps is 0");
  refused([](Rings& r, LogisticOptions&) { r.labels[7] = 2; }, "labels: row 7 is 2");
  refused([](Rings& r, LogisticOptions&) { r.labels.pop_back(); }, "59 entries, expected 60");
  refused([](Rings& r, LogisticOptions&) { r.labels.assign(60, 1); }, "fewer than two classes");
  refused([](Rings& r, LogisticOptions&) { r.x(4, 1) = std::nan(""); }, "x: row 4, column 1");
  refused(
      [](Rings& r, LogisticOptions&) {
        for (Index i = 0; i < 60; ++i) r.weights.push_back(i % 2 == 0 ? 1.0 : 0.0);
      },
      "fewer than two classes");
  refused([](Rings& r, LogisticOptions&) { r.weights.assign(60, -1.0); }, "weights: row 0 is -1");
  Archive archive = LogisticRegression<double>(map, rings.rows(), 2).save();
  archive.metadata["kind"] = "ridge_regression";
  CHECK_THROWS_WITH(LogisticRegression<double>::load(archive), Contains("holds a 'ridge_"));
}

TEST_CASE("held-out log loss is that of fits without the fold", "[regression]") {
  const Rings rings(90, 3, 77);
  const FeatureMap<double> map(regression_spec(2, 12, 1.0));
  const Folds folds = row_folds(90, 3, Seed{5});
  const std::vector<double> ridges = {1e-1, 1e-3};
  const LogisticValidation found =
      cross_validate_logistic<double>(map, rings.rows(), 3, ridges, folds, {.tolerance = 1e-9});
  REQUIRE(found.log_loss.size() == 2);
  for (std::size_t r = 0; r < 2; ++r) {
    std::vector<double> losses;
    double wrong = 0.0;
    for (Index fold = 0; fold < 3; ++fold) {
      std::vector<Index> in, out;
      for (Index i = 0; i < 90; ++i) {
        (folds.fold[static_cast<std::size_t>(i)] == fold ? out : in).push_back(i);
      }
      const auto take = [&](const std::vector<Index>& which) {
        std::pair<Matrix<double>, std::vector<Index>> rows{
            Matrix<double>(static_cast<Index>(which.size()), 2), {}};
        for (std::size_t k = 0; k < which.size(); ++k) {
          for (Index j = 0; j < 2; ++j) rows.first(static_cast<Index>(k), j) = rings.x(which[k], j);
          rows.second.push_back(rings.labels[static_cast<std::size_t>(which[k])]);
        }
        return rows;
      };
      const auto [x, labels] = take(in);
      const auto [unseen, truth] = take(out);
      const LogisticRegression<double> model(map, {x.view(), labels}, 3,
                                             {.ridge = ridges[r], .tolerance = 1e-9});
      Matrix<double> p(unseen.rows(), 3);
      model.predict_probabilities(unseen.view(), p.view());
      const std::vector<Index> likeliest = model.predict(unseen.view());
      for (std::size_t k = 0; k < truth.size(); ++k) {
        losses.push_back(-std::log(p(static_cast<Index>(k), truth[k])));
        wrong += likeliest[k] == truth[k] ? 0.0 : 1.0;
      }
    }
    double mean = 0.0, square = 0.0;
    for (const double loss : losses) mean += loss / 90.0;
    for (const double loss : losses) square += (loss - mean) * (loss - mean);
    CHECK(found.log_loss[r] == Approx(mean).epsilon(1e-6));
    CHECK(found.standard_error[r] == Approx(std::sqrt(square / 89.0 / 90.0)).epsilon(1e-5));
    CHECK(found.error_rate[r] == Approx(wrong / 90.0));
  }
  CHECK(found.best() == 1);
  CHECK_THROWS_WITH(cross_validate_logistic<double>(map, rings.rows(), 3, {}, folds),
                    Contains("there are no ridges"));
  CHECK_THROWS_WITH(
      cross_validate_logistic<double>(map, rings.rows(), 3, ridges, row_folds(80, 3, Seed{5})),
      Contains("folds.fold has 80 entries, expected 90"));
}
