// SPDX-License-Identifier: Apache-2.0
#include "pipeline/evaluate.hpp"

#include "bochner/core/error.hpp"
#include "bochner/pipeline/fit.hpp"
#include "io/npz.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>

using namespace bochner;
using namespace bochner::pipeline;
using bochner::test::Scratch;
using Catch::Matchers::Contains;

namespace {

/// Rows of x, the target y, a class and a weight, which is 0 for every fourth row.
std::string wave(Index rows) {
  std::string out = "x,y,c,w\n";
  for (Index i = 0; i < rows; ++i) {
    const double x = 0.02 * static_cast<double>(i);
    const std::string y = i % 4 == 0 ? "1000" : std::to_string(std::sin(x));
    out += std::to_string(x) + "," + y + "," + (std::sin(x) > 0.0 ? "up" : "down") + "," +
           (i % 4 == 0 ? "0" : "1") + "\n";
  }
  return out;
}

Model fitted(const std::string& data, const std::string& target, Task task) {
  FitRequest request{.data = data, .columns = {.targets = {target}, .weights = {"w"}}};
  request.reading.columns.keep = {"x"};
  request.task = task;
  request.spec.num_frequencies = 32;
  request.search.lengthscales = LengthscaleSearch::fixed;
  request.ridge = 1e-6;
  return fit(request).model;
}

Evaluation evaluated(const Model& model, const std::string& data,
                     const EvaluationRequest& request) {
  const auto reader =
      open_for(model, io::open_source(data), {}, evaluated_columns(request.weights));
  return evaluate(model, *reader, request);
}

}  // namespace

TEST_CASE("a regression is evaluated beside its baselines", "[evaluate]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", wave(400));
  const Model model = fitted(data, "y", Task::regress);
  const Evaluation alone = evaluated(model, data, {.weights = "w"});
  CHECK(alone.rows == 400);
  CHECK(alone.counted == 300);
  CHECK(alone.shown.size() == 300);
  REQUIRE(alone.metrics.size() == 3);
  CHECK(alone.metrics[0].name == "RMSE");
  CHECK(alone.metrics[0].model == "random features");
  CHECK(alone.metrics[0].metric.value < 0.05);
  CHECK(evaluated(model, data, {}).metrics[0].metric.value > 100.0);

  const Evaluation beside = evaluated(model, data, {.weights = "w", .training = data});
  REQUIRE(beside.metrics.size() == 9);
  CHECK(beside.metrics[0].metric.value == alone.metrics[0].metric.value);
  CHECK(beside.metrics[3].model == "linear ridge");
  CHECK(beside.metrics[3].metric.value > 0.1);
  CHECK(beside.metrics[6].model == "exact kernel ridge");
  CHECK(beside.metrics[6].metric.value < 0.05);
}

TEST_CASE("classes are evaluated by their errors", "[evaluate]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", wave(400));
  const Evaluation out = evaluated(fitted(data, "c", Task::classify), data, {.weights = "w"});
  REQUIRE(out.classes);
  CHECK(out.shown.empty());
  REQUIRE(out.metrics.size() == 2);
  CHECK(out.metrics[0].name == "error rate");
  CHECK(out.metrics[0].metric.value < 0.1);
  CHECK(out.metrics[0].metric.value + out.metrics[1].metric.value == Approx(1.0));
}

TEST_CASE("rows to evaluate are needed, and some weight", "[evaluate]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", wave(400));
  const Model model = fitted(data, "y", Task::regress);
  const std::string none = scratch.write("none.csv", "x,y,w\n");
  CHECK_THROWS_WITH(evaluated(model, none, {}), Contains("has no rows"));
  const std::string weightless = scratch.write("weightless.csv", "x,y,w\n1,2,0\n");
  CHECK_THROWS_WITH(evaluated(model, weightless, {.weights = "w"}), Contains("every weight is 0"));
  CHECK_THROWS_WITH(evaluated(model, data, {.weights = "w", .training = weightless}),
                    Contains("weightless.csv: every weight is 0"));
}
