// SPDX-License-Identifier: Apache-2.0
#include "bochner/pipeline/fit.hpp"

#include "bochner/core/error.hpp"
#include "bochner/io/table.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

using namespace bochner;
using namespace bochner::pipeline;
using bochner::test::Scratch;
using Catch::Matchers::Contains;

namespace {

std::string wave(Index rows) {
  std::string out = "x,u,y\n";
  for (Index i = 0; i < rows; ++i) {
    const double x = 0.01 * static_cast<double>(i);
    out += std::to_string(x) + "," + std::to_string(std::cos(3.0 * x)) + "," +
           std::to_string(std::sin(x)) + "\n";
  }
  return out;
}

FitRequest request(const std::string& data) {
  FitRequest out{.data = data, .columns = {.targets = {"y"}}};
  out.spec.num_frequencies = 32;
  out.search.lengthscales = LengthscaleSearch::fixed;
  out.ridge = 1e-6;
  return out;
}

/// Coefficients, intercepts and all that a model's file holds, as numbers.
std::vector<double> numbers(const Model& model) {
  std::vector<double> out;
  for (const auto& [name, array] : to_archive(model).arrays) {
    std::visit([&](const auto& m) { out.insert(out.end(), m.data(), m.data() + m.size()); }, array);
  }
  return out;
}

/// Stops at the first question, or never.
class Recorder final : public Watcher {
 public:
  explicit Recorder(bool stops) : stops_(stops) {}
  void begin(const Stage& stage) override { stages += std::string(stage.what) + " "; }
  void advance(double work) override { total += work; }
  void end() noexcept override { ++ends; }
  void warn(const std::string& what) override { warnings += what; }
  void guard() override { ++guards; }
  void unguard() noexcept override { --guards; }
  bool stopping() override { return stops_; }

  std::string stages;
  std::string warnings;
  double total = 0.0;
  int ends = 0;
  int guards = 0;

 private:
  bool stops_;
};

}  // namespace

TEST_CASE("a model goes from a file to a file and predicts", "[pipeline]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", wave(400));
  const Fitted fitted = fit(request(data));
  CHECK(fitted.model.inputs == std::vector<std::string>{"x", "u"});
  CHECK(fitted.model.num_rows == 400);
  save_model(fitted.model, scratch.path("m"));
  const Model model = load_model(scratch.path("m"));
  CHECK(to_text(model.spec()) == to_text(fitted.model.spec()));
  const Matrix<double> out = predict(model, data);
  REQUIRE(out.rows() == 400);
  const Matrix<double> x = io::read_table(data, {.columns = {.keep = {"x", "u"}}}).rows;
  const Matrix<double> direct = fitted.model.outputs(x.view());
  for (Index i = 0; i < out.rows(); ++i) {
    CHECK(out(i, 0) == direct(i, 0));
    CHECK(std::abs(out(i, 0) - std::sin(0.01 * static_cast<double>(i))) < 0.02);
  }
}

TEST_CASE("a fit with an output writes what a fit without one holds", "[pipeline]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", wave(300));
  FitRequest asked = request(data);
  const Fitted held = fit(asked);
  asked.output = scratch.path("m");
  static_cast<void>(fit(asked));
  CHECK(numbers(held.model) == numbers(load_model(asked.output)));
  CHECK_FALSE(std::filesystem::exists(asked.output + ".checkpoint0"));
  CHECK_FALSE(std::filesystem::exists(asked.output + ".lock"));
}

TEST_CASE("a fit that is stopped goes on to the same bits", "[pipeline]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", wave(300));
  FitRequest asked = request(data);
  asked.output = scratch.path("m");
  Recorder impatient(true);
  try {
    static_cast<void>(fit(asked, &impatient));
    FAIL("it was not stopped");
  } catch (const Interrupted& error) {
    CHECK(error.kept() == Interrupted::Kept::state);
    CHECK_THAT(error.what(), Contains("interrupted after 0 of 300 rows") && Contains("holds them"));
  }
  CHECK(impatient.guards == 0);
  CHECK_FALSE(std::filesystem::exists(asked.output));
  CHECK_THROWS_WITH(fit(asked), Contains("an unfinished run is there"));
  asked.resume = Resume::if_unfinished;
  Recorder patient(false);
  const Fitted resumed = fit(asked, &patient);
  CHECK(patient.stages == "fit ");
  CHECK(patient.total == 300.0);
  CHECK(patient.ends == 1);
  CHECK(numbers(resumed.model) == numbers(fit(request(data)).model));

  asked.output.clear();
  asked.resume = Resume::no;
  try {
    static_cast<void>(fit(asked, &impatient));
    FAIL("it was not stopped");
  } catch (const Interrupted& error) {
    CHECK(error.kept() == Interrupted::Kept::nothing);
  }
}

TEST_CASE("a request that cannot be met is refused before the file is read", "[pipeline]") {
  const auto refused = [](const FitRequest& asked, const std::string& reason) {
    CHECK_THROWS_AS(fit(asked), InvalidArgument);
    CHECK_THROWS_WITH(fit(asked), Contains(reason));
  };
  const FitRequest good = request("/nonexistent");
  FitRequest bad = good;
  bad.columns.targets.clear();
  refused(bad, "columns.targets is empty");
  bad = good;
  bad.objective = Objective::logistic;
  refused(bad, "expected task classify");
  bad = good;
  bad.task = Task::classify;
  bad.posterior = Posterior::full;
  refused(bad, "is of a regression");
  bad = good;
  bad.solver = Solver::dual;
  refused(bad, "holds all rows");
  bad = good;
  bad.solver = Solver::conjugate_gradients;
  bad.posterior = Posterior::full;
  refused(bad, "needs the solver cholesky");
  bad = good;
  bad.resume = Resume::if_unfinished;
  refused(bad, "a fit without output");
  bad = good;
  bad.output = "-";
  refused(bad, "expected a file");
  bad = good;
  bad.checkpoint_interval = std::chrono::duration<double>(0.0);
  refused(bad, "checkpoint_interval");
  CHECK_THROWS_AS(fit(good), FileError);
}

TEST_CASE("rows that a model cannot take are refused at its door", "[pipeline]") {
  const Scratch scratch;
  const Model model = fit(request(scratch.write("x.csv", wave(50)))).model;
  const Matrix<double> narrow(3, 1);
  CHECK_THROWS_WITH(model.outputs(narrow.view()), Contains("rows is 3 x 1, expected n x 2"));
  const Matrix<double> x(3, 2);
  CHECK_THROWS_WITH(model.outputs_and_variances(x.view()), Contains("Posterior::full"));
  Matrix<double> far(1, 2);
  far(0, 1) = 1e300;
  CHECK_THROWS_WITH(model.outputs(far.view()), Contains("row 0, column 1: 1e+300 is too far"));
}

TEST_CASE("an option of reading that says nothing about the format is refused", "[pipeline]") {
  const Scratch scratch;
  FitRequest asked = request(scratch.write("x.csv", wave(50)));
  asked.reading.svmlight.width = 3;
  CHECK_THROWS_AS(fit(asked), io::UnusedOption);
  CHECK_THROWS_WITH(fit(asked), Contains("width: is for svmlight text, and"));
}
