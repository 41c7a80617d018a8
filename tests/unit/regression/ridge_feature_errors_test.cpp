// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <type_traits>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

/// The prediction at row 0 of `unseen` by ridge regression on features whose columns are times the
/// roots of their frequencies' weights.
template <Scalar T>
double prediction(const FeatureMap<T>& map, const Problem<T>& problem, const Matrix<T>& unseen,
                  const RidgeOptions& options, std::span<const double> weights) {
  const Matrix<T> phi = features_of(map, problem.x);
  const Matrix<T> psi = features_of(map, unseen);
  const Index n = phi.rows();
  std::vector<Index> kept;
  for (Index j = 0; j < phi.cols(); ++j) {
    if (weights[static_cast<std::size_t>(j % std::ssize(weights))] > 0.0) kept.push_back(j);
  }
  const auto d = static_cast<Index>(kept.size());
  const auto root = [&](Index k) {
    return std::sqrt(
        weights[static_cast<std::size_t>(kept[static_cast<std::size_t>(k)] % std::ssize(weights))]);
  };
  std::vector<double> mean(static_cast<std::size_t>(d), 0.0);
  double target = 0.0, total = 0.0;
  const auto weight_of = [&](Index i) {
    return problem.weights.empty()
               ? 1.0
               : static_cast<double>(problem.weights[static_cast<std::size_t>(i)]);
  };
  const auto value = [&](const Matrix<T>& rows, Index i, Index k) {
    return root(k) * static_cast<double>(rows(i, kept[static_cast<std::size_t>(k)]));
  };
  for (Index i = 0; i < n; ++i) {
    total += weight_of(i);
    target += weight_of(i) * static_cast<double>(problem.targets(i, 0));
    for (Index k = 0; k < d; ++k)
      mean[static_cast<std::size_t>(k)] += weight_of(i) * value(phi, i, k);
  }
  const bool centred = options.intercept == Intercept::fitted;
  target = centred ? target / total : 0.0;
  for (double& m : mean) m = centred ? m / total : 0.0;
  // Gauss and Jordan on [A + W lambda I, b].
  Matrix<double> system(d, d + 1);
  for (Index i = 0; i < n; ++i) {
    for (Index a = 0; a < d; ++a) {
      const double left = weight_of(i) * (value(phi, i, a) - mean[static_cast<std::size_t>(a)]);
      for (Index b = 0; b < d; ++b) {
        system(a, b) += left * (value(phi, i, b) - mean[static_cast<std::size_t>(b)]);
      }
      system(a, d) += left * (static_cast<double>(problem.targets(i, 0)) - target);
    }
  }
  for (Index a = 0; a < d; ++a) system(a, a) += total * options.ridge;
  for (Index p = 0; p < d; ++p) {
    for (Index a = 0; a < d; ++a) {
      if (a == p) continue;
      const double factor = system(a, p) / system(p, p);
      for (Index b = p; b <= d; ++b) system(a, b) -= factor * system(p, b);
    }
  }
  double out = target;
  for (Index k = 0; k < d; ++k) {
    out += system(k, d) / system(k, k) * (value(psi, 0, k) - mean[static_cast<std::size_t>(k)]);
  }
  return out;
}

template <Scalar T>
NormalEquations<T> sums_of(const FeatureMap<T>& map, const Problem<T>& problem) {
  const Index t = problem.targets.cols();
  NormalEquations<T> sums(
      map,
      {.num_targets = t, .target_offset = std::vector<double>(static_cast<std::size_t>(t), 2.5)});
  sums.add(problem.rows());
  return sums;
}

}  // namespace

TEMPLATE_TEST_CASE("feature errors of predictions are those of fits without frequencies",
                   "[regression]", float, double) {
  const double tolerance = std::is_same_v<TestType, float> ? 1e-4 : 1e-9;
  auto problem = smooth_problem<TestType>(80, 2, 1, 21);
  add_weights(problem, 3);
  const Matrix<TestType> unseen = smooth_problem<TestType>(70, 2, 1, 22).x;
  for (const Index frequencies : {6, 21}) {
    const FeatureMap<TestType> map(regression_spec(2, frequencies));
    const NormalEquations<TestType> sums = sums_of(map, problem);
    for (const Intercept with : {Intercept::fitted, Intercept::none}) {
      const RidgeOptions options{.ridge = 1e-3, .intercept = with};
      const FeatureErrorOptions few{.replicates = 20, .seed = {7}};
      const RidgeFeatureErrors<TestType> errors(sums, options, few);
      Matrix<double> out(70, 1), error(70, 1), plain(70, 1);
      errors.predict(unseen.view(), out.view(), error.view());
      const FeatureErrors expected = feature_error(
          map.spec(),
          [&](std::span<const double> weights) {
            return std::vector{prediction(map, problem, unseen, options, weights)};
          },
          few);
      CHECK(std::abs(out(0, 0) - expected.value[0]) < tolerance);
      CHECK(std::abs(error(0, 0) - expected.standard_error[0]) < tolerance);
      CHECK(errors.degrees_of_freedom() == expected.degrees_of_freedom[0]);
      RidgeRegression<TestType>(sums, options).predict(unseen.view(), plain.view());
      for (Index i = 0; i < 70; ++i) CHECK(std::abs(out(i, 0) - plain(i, 0)) < tolerance);
    }
  }
}

TEST_CASE("feature errors have the same bits for any threads and any targets beside",
          "[regression]") {
  const auto problem = smooth_problem<double>(150, 3, 2, 23);
  const FeatureMap<double> map(regression_spec(3, 30));
  const NormalEquations<double> sums = sums_of(map, problem);
  Matrix<double> out(150, 2), error(150, 2), out4(150, 2), error4(150, 2);
  RidgeFeatureErrors<double>(sums, {.ridge = 1e-4}, {}, {1})
      .predict(problem.x.view(), out.view(), error.view(), {1});
  const RidgeFeatureErrors<double> four(sums, {.ridge = 1e-4}, {}, {4});
  four.predict(problem.x.view(), out4.view(), error4.view(), {4});
  CHECK(std::equal(out.data(), out.data() + out.size(), out4.data()));
  CHECK(std::equal(error.data(), error.data() + error.size(), error4.data()));
  CHECK(four.num_targets() == 2);
  CHECK(four.num_models() == 10);
}

TEMPLATE_TEST_CASE("feature errors survive their archive to the last bit", "[regression]", float,
                   double) {
  const auto problem = smooth_problem<TestType>(40, 2, 2, 25);
  for (const Index frequencies : {6, 30}) {
    const FeatureMap<TestType> map(regression_spec(2, frequencies));
    const RidgeFeatureErrors<TestType> errors(sums_of(map, problem), {.ridge = 1e-3},
                                              {.replicates = 9, .seed = {3}});
    const Archive archive = errors.save();
    const auto loaded = RidgeFeatureErrors<TestType>::load(archive);
    CHECK(loaded.map().spec() == map.spec());
    CHECK(loaded.num_targets() == 2);
    CHECK(loaded.num_models() == errors.num_models());
    CHECK(loaded.degrees_of_freedom() == errors.degrees_of_freedom());
    Matrix<double> out(40, 2), error(40, 2), out2(40, 2), error2(40, 2);
    errors.predict(problem.x.view(), out.view(), error.view());
    loaded.predict(problem.x.view(), out2.view(), error2.view());
    CHECK(std::equal(out.data(), out.data() + out.size(), out2.data()));
    CHECK(std::equal(error.data(), error.data() + error.size(), error2.data()));

    const auto refused = [&](auto change, const char* word) {
      Archive bad = archive;
      change(bad);
      CHECK_THROWS_WITH(RidgeFeatureErrors<TestType>::load(bad), Contains(word));
    };
    refused([](Archive& a) { a.metadata["kind"] = "ridge_regression"; }, "'ridge_regression'");
    refused([](Archive& a) { a.metadata["resampling"] = "guess"; }, "'resampling'");
    refused([](Archive& a) { a.metadata.erase("resampling"); }, "'resampling'");
    refused([](Archive& a) { a.metadata["outputs_per_model"] = "7"; }, "does not divide");
    if (frequencies == 30) {
      refused([](Archive& a) { a.metadata["outputs_per_model"] = "1"; },
              "32 models, expected one and 15");
    }
    refused([](Archive& a) { a.arrays.clear(); }, "is missing");
  }
}

TEST_CASE("feature errors that cannot be are refused", "[regression][bad]") {
  const auto problem = smooth_problem<double>(30, 2, 1, 24);
  const FeatureMap<double> one_block(regression_spec(2, 2));
  CHECK_THROWS_WITH(RidgeFeatureErrors<double>(sums_of(one_block, problem), {.ridge = 1e-3}),
                    Contains("RidgeFeatureErrors") && Contains("are one block"));
  const FeatureMap<double> map(regression_spec(2, 16));
  const NormalEquations<double> sums = sums_of(map, problem);
  CHECK_THROWS_WITH(RidgeFeatureErrors<double>(sums, {.ridge = -1.0}), Contains("ridge is -1"));
  const RidgeFeatureErrors<double> errors(sums, {.ridge = 1e-3});
  Matrix<double> out(30, 1), wide(30, 2);
  CHECK_THROWS_WITH(errors.predict(problem.x.view(), out.view(), wide.view()),
                    Contains("error is 30 x 2, expected 30 x 1"));
  CHECK_THROWS_WITH(errors.predict(problem.x.view(), out.view(), out.view()),
                    Contains("error") && Contains("out"));
}
