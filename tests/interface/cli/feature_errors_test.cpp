// SPDX-License-Identifier: Apache-2.0
#include "bochner/pipeline/fit.hpp"
#include "bochner/pipeline/model.hpp"
#include "interface/cli/fit_table.hpp"
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace bochner::test;
using bochner::Index;
using bochner::Matrix;
using Catch::Matchers::Contains;
namespace pipeline = bochner::pipeline;

namespace {

/// y = sin(3 t) + u, z = t u.
std::vector<double> smooth(int i) {
  const double t = spread(i), u = spread(i, 0.7549);
  return {t, u, std::sin(3.0 * t) + u, t * u};
}

std::string data_of(const Scratch& scratch) {
  return scratch.write("x.csv", table("t,u,y,z", 80, smooth));
}

Outcome predict(const std::string& data, const std::string& model, const Arguments& more) {
  Arguments arguments = {"predict", "--data", data, "--model", model};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_bochner(arguments);
}

}  // namespace

TEST_CASE("feature errors stand beside variances and intervals, from the model's file",
          "[fit][feature-errors]") {
  const Scratch scratch;
  const std::string data = data_of(scratch), file = scratch.path("m");
  const Outcome fitted = fit(data, file,
                             fixed({"--feature-errors", "--posterior", "full", "--intervals",
                                    "5-fold", "--columns", "t,u"}));
  INFO(fitted.err);
  REQUIRE(fitted.status == 0);
  const pipeline::Model model = pipeline::load_model(file);
  REQUIRE(model.has_feature_errors());
  const auto report = nlohmann::json::parse(fitted.out);
  CHECK(report["feature_error_draws"].get<int>() >= 8);
  const Outcome alone = predict(data, file, {"--feature-error"});
  const Outcome all = predict(data, file, {"--interval", "0.9", "--feature-error", "--variance"});
  INFO(all.err);
  REQUIRE(alone.status == 0);
  REQUIRE(all.status == 0);
  const auto narrow = lines(alone.out), wide = lines(all.out);
  CHECK(narrow[0] == "y,y_feature_error");
  CHECK(wide[0] == "y,y_variance,y_feature_error,y_lower,y_upper");
  REQUIRE(wide.size() == 81);
  for (int i = 0; i < 80; ++i) {
    const std::vector<double> cells = smooth(i);
    const Matrix<double> own =
        model.outputs_and_feature_errors(bochner::MatrixView<const double>(cells.data(), 1, 2));
    const auto at = static_cast<std::size_t>(i) + 1;
    std::istringstream in(wide[at]);
    std::vector<double> line;
    for (std::string cell; std::getline(in, cell, ',');) line.push_back(std::stod(cell));
    REQUIRE(line.size() == 5);
    CHECK(line[0] == own(0, 0));
    CHECK(line[2] == own(0, 1));
    CHECK(line[2] > 0.0);
    CHECK(wide[at].starts_with(narrow[at].substr(0, narrow[at].find(',') + 1)));
  }
}

TEST_CASE("feature errors of a file are those of its sums, and survive the archive",
          "[fit][feature-errors]") {
  const Scratch scratch;
  pipeline::FitRequest request{.data = data_of(scratch),
                               .columns = {.targets = {"y", "z"}},
                               .spec = {.num_frequencies = 24, .seed = {5}},
                               .search = {.lengthscales = bochner::LengthscaleSearch::fixed},
                               .ridge = 1e-4,
                               .arithmetic = bochner::Arithmetic::double_precision};
  const pipeline::Model without = pipeline::fit(request).model;
  CHECK_FALSE(without.has_feature_errors());
  request.feature_errors.emplace();
  const pipeline::Model model = pipeline::fit(request).model;
  REQUIRE(model.has_feature_errors());
  const pipeline::Model again = pipeline::from_archive(pipeline::to_archive(model));
  Matrix<double> rows(80, 2), x(80, 2), y(80, 2), out(80, 2), error(80, 2);
  for (int i = 0; i < 80; ++i) {
    const std::vector<double> cells = smooth(i);
    for (Index c = 0; c < 2; ++c) {
      rows(i, c) = cells[static_cast<std::size_t>(c)];
      y(i, c) = cells[static_cast<std::size_t>(c) + 2];
    }
  }
  model.standardisation.apply<double>(std::as_const(rows).view(), x.view());
  bochner::NormalEquations<double> sums(bochner::FeatureMap<double>(model.spec()),
                                        {.num_targets = 2, .target_offset = {}});
  sums.add({x, y});
  const bochner::RidgeFeatureErrors<double> direct(sums, {.ridge = 1e-4});
  direct.predict(std::as_const(x).view(), out.view(), error.view());
  const Matrix<double> own = model.outputs_and_feature_errors(std::as_const(rows).view());
  const Matrix<double> read = again.outputs_and_feature_errors(std::as_const(rows).view());
  const Matrix<double> plain = without.outputs(std::as_const(rows).view());
  for (Index i = 0; i < 80; ++i) {
    for (Index c = 0; c < 2; ++c) {
      CHECK(std::abs(own(i, c + 2) - error(i, c)) < 1e-8);
      CHECK(own(i, c) == plain(i, c));
      CHECK(read(i, c) == own(i, c));
      CHECK(read(i, c + 2) == own(i, c + 2));
    }
  }

  pipeline::Model other = without;
  other.feature_errors = model.feature_errors;
  CHECK_NOTHROW(to_archive(other));
  request.spec.seed = {6};
  other.feature_errors = pipeline::fit(request).model.feature_errors;
  CHECK_THROWS_WITH(to_archive(other), Contains("feature errors are of another map"));
  request.spec.seed = {5};
  request.columns.targets = {"y"};
  request.reading.columns.drop = {"z"};
  other.feature_errors = pipeline::fit(request).model.feature_errors;
  CHECK_THROWS_WITH(to_archive(other), Contains("feature errors are not of the model's targets"));
  CHECK_THROWS_WITH(without.outputs_and_feature_errors(std::as_const(rows).view()),
                    Contains("holds no feature errors"));
}

TEST_CASE("feature errors that are not to be had are refused", "[fit][feature-errors][bad]") {
  const Scratch scratch;
  const std::string data = data_of(scratch), file = scratch.path("m");
  REQUIRE(fit(data, file, kFixed).status == 0);
  const Outcome none = predict(data, file, {"--feature-error"});
  CHECK(none.status == 1);
  CHECK_THAT(none.err, Contains("holds no feature errors; fit with --feature-errors"));
  CHECK(predict(data, file, {"--feature-error", "--probabilities"}).status == 2);
  for (const Arguments& wrong : std::vector<Arguments>{
           {"--solver", "iterative"}, {"--task", "classify"}, {"--projection", "sobol"}}) {
    Arguments more = {"--feature-errors"};
    more.insert(more.end(), wrong.begin(), wrong.end());
    const Outcome outcome = fit(data, scratch.path("n"), fixed(more));
    INFO(wrong.front());
    CHECK(outcome.status == 2);
    CHECK_THAT(outcome.err, Contains("feature-errors") || Contains("are one block"));
  }
}
