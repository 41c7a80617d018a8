// SPDX-License-Identifier: Apache-2.0
#include "property/specs.hpp"
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

/// \file
/// What is saved can be loaded, and a small archive costs little to refuse.

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

Archive model_archive() {
  const Problem<double> problem = smooth_problem<double>(40, 2, 1, 5);
  return fit_ridge(FeatureMap<double>(regression_spec(2, 8)), problem.rows()).model.save();
}

}  // namespace

TEST_CASE("what a load would refuse is refused when it is saved, by name", "[regression][bad]") {
  // The square of every target is finite, their sum is not.
  const Index rows = 40000;
  Matrix<double> x(rows, 1);
  Matrix<double> y(rows, 1);
  for (Index i = 0; i < rows; ++i) {
    x(i, 0) = static_cast<double>(i % 7);
    y(i, 0) = 9e151;
  }
  NormalEquations<double> equations{FeatureMap<double>(regression_spec(1, 2))};
  equations.add({x.view(), y.view(), {}});
  CHECK_THROWS_WITH(equations.save(), Contains("archive: sums: row 0, column"));
  CHECK_THROWS_WITH(RidgeRegression<double>(equations, {}),
                    Contains("the sum of squares of target 0 overflows"));

  Archive archive = model_archive();
  CHECK_NOTHROW(require_finite(archive));
  std::get<Matrix<double>>(archive.arrays.at("coefficients"))(3, 0) =
      std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(require_finite(archive), Contains("coefficients: row 3, column 0 is inf"));
}

TEST_CASE("numbers of an archive are borne out by its arrays before a map is drawn",
          "[regression][bad]") {
  const auto refusal = [](Archive archive) -> std::string {
    const auto start = std::chrono::steady_clock::now();
    std::string what = "nothing was refused";
    try {
      RidgeRegression<double>::load(archive);
    } catch (const InvalidArgument& error) {
      what = error.what();
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    CHECK(seconds.count() < 2.0);
    return what;
  };
  Archive no_targets = model_archive();
  FeatureMapSpec spec = regression_spec(2, Index{1} << 28);
  no_targets.metadata["map"] = to_text(spec);
  no_targets.metadata["num_targets"] = "0";
  no_targets.arrays["coefficients"] = Matrix<double>(spec.num_frequencies * 2, 0);
  CHECK_THAT(refusal(no_targets), Contains("'num_targets' is 0, expected at least 1"));

  Archive wide = model_archive();
  spec = regression_spec(Index{1} << 28, 2);
  spec.projection = IidProjection{};
  wide.metadata["map"] = to_text(spec);
  CHECK_THAT(refusal(wide), Contains("'first_frequency' is 1 x 2, expected 1 x 268435456"));

  Archive moments = NormalEquations<double>(FeatureMap<double>(regression_spec(2, 8))).save();
  moments.metadata["num_targets"] = "0";
  CHECK_THROWS_WITH(NormalEquations<double>::load(moments),
                    Contains("'num_targets' is 0, expected at least 1"));
}

TEST_CASE("both models have archives of the same entries", "[regression]") {
  const auto names = [](const auto& entries) {
    std::vector<std::string> found;
    for (const auto& entry : entries) found.push_back(entry.first);
    return found;
  };
  const Problem<double> problem = smooth_problem<double>(40, 2, 1, 5);
  std::vector<Index> labels;
  for (Index i = 0; i < 40; ++i) labels.push_back(i % 2);
  const FeatureMap<double> map(regression_spec(2, 8));
  const LogisticRegression<double> logistic(map, {problem.x.view(), labels, {}}, 2);
  Archive archive = logistic.save();
  for (const Archive& each : {model_archive(), archive}) {
    CHECK(names(each.metadata) == std::vector<std::string>{"intercept", "kind", "map",
                                                           "num_targets", "posterior", "ridge",
                                                           "scalar"});
    CHECK(names(each.arrays) == std::vector<std::string>{"coefficients", "first_frequency",
                                                         "intercepts", "noise_variances"});
  }
  CHECK(archive.word("posterior") == "mean");
  CHECK(archive.array<double>("noise_variances", 1, 2)(0, 1) == 0.0);

  archive.metadata["intercept"] = "maybe";
  CHECK_THROWS_WITH(
      LogisticRegression<double>::load(archive),
      Contains("LogisticRegression::load: 'intercept' is 'maybe', expected fitted or none"));
  archive.metadata["intercept"] = "none";
  archive.metadata["num_targets"] = "3";
  CHECK_THROWS_WITH(LogisticRegression<double>::load(archive), Contains("'coefficients' is"));
}

TEST_CASE("the witness of a saved map is the first row of its frequencies", "[regression]") {
  for (const FeatureMapSpec& spec : property::specs(3, 24)) {
    INFO(to_text(spec));
    const FeatureMap<double> map(spec);
    const Archive archive = NormalEquations<double>(map).save();
    const auto& witness = archive.array<double>("first_frequency", 1, 3);
    const Matrix<double> all = map.frequencies();
    for (Index k = 0; k < 3; ++k) CHECK(witness(0, k) == all(0, k));
    CHECK_NOTHROW(NormalEquations<double>::load(archive));
  }
}

TEST_CASE("coefficients too large for a row are said so when it is predicted",
          "[regression][bad]") {
  const FeatureMap<float> map(regression_spec(1, 2));
  Matrix<double> theta(4, 1);
  for (Index j = 0; j < 4; ++j) theta(j, 0) = 1.7e308;
  const RidgeRegression<float> model(map, {}, std::move(theta), {1.7e308}, {0.0});
  Matrix<float> x(1, 1);
  Matrix<double> f(1, 1);
  CHECK_THROWS_WITH(model.predict(x.view(), f.view()),
                    Contains("the coefficients are too large for the features of this row"));
}

TEST_CASE("columns that repeat together are found whatever their period", "[regression]") {
  // 98 stations in turn: every second row would see 49 of them, too few for groups.
  const Index rows = 131072;
  Matrix<float> x(rows, 2);
  const Stream stream(Seed{4}, Purpose::study);
  for (Index i = 0; i < rows; ++i) {
    for (Index k = 0; k < 2; ++k) {
      x(i, k) = static_cast<float>(stream.uniform(static_cast<std::uint64_t>(2 * (i % 98) + k)));
    }
  }
  CHECK(repeated_columns<float>(x.view()) == std::vector<Index>{0, 1});
}
