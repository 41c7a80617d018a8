// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <random>
#include <sstream>
#include <string>
#include <vector>

using namespace bochner::test;
using Catch::Matchers::Contains;

namespace {

using Arguments = std::vector<std::string>;

/// y = sin(3 a) + b, and its sign as a class.
std::string table(int rows) {
  std::minstd_rand random(3);
  const auto uniform = [&] { return static_cast<double>(random() % 10000) / 5000.0 - 1.0; };
  std::ostringstream out;
  out << "a,b,y,sign\n";
  for (int i = 0; i < rows; ++i) {
    const double a = uniform();
    const double b = uniform();
    const double y = std::sin(3.0 * a) + b;
    out << a << ',' << b << ',' << y + 0.1 * uniform() << ',' << (y > 0.0 ? 1 : -1) << '\n';
  }
  return out.str();
}

Arguments fit(const std::string& data, const std::string& model, const Arguments& more) {
  Arguments out = {"fit", "--data",  data,   "--columns",     "a,b",   "-o", model, "--frequencies",
                   "100", "--ridge", "1e-5", "--lengthscale", "median"};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

}  // namespace

TEST_CASE("an iterative fit finds the model of the direct one", "[fit]") {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", table(5000));
  for (const Arguments& task :
       {Arguments{"--target", "y"}, Arguments{"--target", "sign", "--task", "classify"}}) {
    const auto run = [&](const std::string& model, Arguments more) {
      more.insert(more.end(), task.begin(), task.end());
      return run_bochner(fit(train, scratch.path(model), more));
    };
    const auto first_metric = [&](const std::string& model) {
      const Outcome outcome =
          run_bochner({"evaluate", "--data", train, "--model", scratch.path(model), "--json"});
      REQUIRE(outcome.err.empty());
      return nlohmann::json::parse(outcome.out)["metrics"][0]["value"].get<double>();
    };
    const Outcome iterative = run("iterative", {"--solver", "iterative", "--json"});
    REQUIRE(iterative.err.empty());
    const auto solver = nlohmann::json::parse(iterative.out)["conjugate_gradients"];
    CHECK(solver["iterations"] > 0);
    CHECK(solver["converged"] == true);
    REQUIRE(run("direct", {}).status == 0);
    CHECK(first_metric("iterative") == Approx(first_metric("direct")).epsilon(1e-3));
    REQUIRE(run("again", {"--solver", "iterative", "--threads", "3"}).status == 0);
    CHECK(slurp(scratch.path("again")) == slurp(scratch.path("iterative")));
  }
  CHECK(scratch.list() == std::vector<std::string>{"again", "direct", "iterative", "train.csv"});
}

TEST_CASE("an iterative fit that is interrupted or cannot be leaves nothing", "[fit][interrupt]") {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", table(20000));
  const Arguments many = {"--target", "y", "--solver", "iterative", "--frequencies", "4000"};
  Arguments long_fit = {
      "fit",     "--data", train,           "--columns", "a,b", "-o", scratch.path("model"),
      "--ridge", "1e-9",   "--lengthscale", "0.1"};
  long_fit.insert(long_fit.end(), many.begin(), many.end());
  const Outcome outcome = shell("set -m; " + command_line(long_fit) +
                                " & job=$!; sleep 0.5; kill -INT $job; wait $job");
  CHECK(outcome.status == 130);
  CHECK(outcome.out.empty());
  CHECK(scratch.list() == std::vector<std::string>{"train.csv"});

  const Outcome unknown =
      run_bochner(fit(train, scratch.path("model"), {"--target", "y", "--solver", "magic"}));
  CHECK(unknown.status == 2);
  CHECK_THAT(unknown.err, Contains("--solver: expected auto, cholesky or iterative, got 'magic'"));
}
