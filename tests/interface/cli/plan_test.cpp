// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace bochner::test;
using Catch::Matchers::Contains;

namespace {

std::string rows() {
  std::string text;
  for (int i = 0; i < 40; ++i) {
    text +=
        std::to_string(i % 7) + "," + std::to_string(i % 5) + "," + std::to_string(i % 3) + "\n";
  }
  return text;
}

Outcome plan(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"plan", "--input", "-"});
  return run_bochner(arguments, {.input = rows()});
}

}  // namespace

TEST_CASE("a plan ranks maps and counts frequencies", "[plan]") {
  const Outcome outcome = plan({"--error", "0.05", "--json"});
  CAPTURE(outcome.err);
  REQUIRE(outcome.status == 0);
  const auto document = nlohmann::json::parse(outcome.out);
  CHECK(document["command"] == "plan");
  CHECK(document["ranking"].size() > 3);
  CHECK(document["ranking"][0]["error"] <= 1.02 * document["ranking"][1]["error"].get<double>());
  CHECK(document["plan"]["num_frequencies"] > 0);
  CHECK(document["plan"]["root_mean_square"] <= 0.05);
  const Outcome text = plan({"--error", "0.05"});
  CHECK(text.status == 0);
  CHECK_THAT(text.out, Contains("root mean square relative Frobenius error"));
}

TEST_CASE("an unreachable target names a map that reaches it", "[plan]") {
  const Outcome outcome = plan({"--error", "1e-4", "--features", "trigonometric", "--projection",
                                "orthogonal(radii=constant)"});
  CAPTURE(outcome.out, outcome.err);
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.out, Contains("no number of frequencies"));
  CHECK_THAT(outcome.out, Contains("it is reached by"));
}

TEST_CASE("a plan refuses a wrong command line", "[plan]") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes = {
      {{"--error", "0"}, "--error"},
      {{"--error", "-1"}, "--error"},
      {{"--error", "nan"}, "--error"},
      {{"--error", "0.1", "--confidence", "1"}, "--confidence"},
      {{"--error", "0.1", "--basis", "hope"}, "--basis"},
      {{"--error", "0.1", "--basis", "bernstein"}, "is for pairs"},
      {{"--error", "0.1", "--unit", "percent"}, "--unit"},
      {{"--budget", "1"}, "--budget"},
      {{"--features", "oprf(a=0.2)"}, "1/8"},
      {{"--features", "nonsense"}, "--features"}};
  for (const auto& [arguments, words] : mistakes) {
    CAPTURE(words);
    const Outcome outcome = plan(arguments);
    CHECK(outcome.status == 2);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, Contains(words));
  }
}

TEST_CASE("a plan for pairs promises an error at each of them", "[plan]") {
  const std::vector<std::string> stated = {"plan", "--kernel",    "softmax", "--norm",
                                           "0.7",  "--angle",     "0,pi/2",  "--error",
                                           "0.1",  "--dimension", "16"};
  const Outcome text = run_bochner(stated);
  CAPTURE(text.err);
  REQUIRE(text.status == 0);
  CHECK_THAT(text.out, Contains("at this pair with probability 95 %") && Contains("chebyshev") &&
                           Contains("median-of-means") && Contains("norm 0.7 angle"));

  std::vector<std::string> arguments = stated;
  arguments.insert(arguments.end(),
                   {"--json", "--features", "trigonometric", "--projection", "orthogonal"});
  const Outcome outcome = run_bochner(arguments);
  REQUIRE(outcome.status == 0);
  const auto document = nlohmann::json::parse(outcome.out);
  // Of the two pairs the right angle needs the most of trigonometric features: at angle 0 they are
  // exact.
  CHECK(document["planned"]["worst_pair"] == "norm 0.7 angle 1.57");
  const auto& bases = document["bases"];
  CHECK(bases["asymptotic"] == document["planned"]["num_frequencies"]);
  CHECK(bases["chebyshev"] > bases["asymptotic"]);
  CHECK(bases["bernstein"] > bases["asymptotic"]);
  CHECK(bases["median-of-means"] > bases["chebyshev"]);
  for (std::size_t i = 1; i < document["ranking"].size(); ++i) {
    CHECK(document["ranking"][i]["num_frequencies"] > 0);
  }
}

TEST_CASE("a kernel of stated pairs has unit scale, whatever else its text says", "[plan]") {
  for (const char* kernel : {"gaussian", "matern(nu=1.5)", "softmax"}) {
    const Outcome outcome = run_bochner({"plan", "--kernel", kernel, "--norm", "1", "--dimension",
                                         "16", "--error", "0.1", "--json"});
    CAPTURE(kernel, outcome.err);
    REQUIRE(outcome.status == 0);
    const std::string text = nlohmann::json::parse(outcome.out)["kernel"];
    CHECK_THAT(text, Contains("lengthscale=1)") || Contains("softmax(scale=1)"));
  }
}

TEST_CASE("a pair out of a map's reach names a map that reaches it", "[plan]") {
  const Outcome outcome = run_bochner(
      {"plan", "--kernel", "gaussian", "--norm", "1", "--angle", "2", "--dimension", "8", "--error",
       "1e-5", "--features", "trigonometric", "--projection", "orthogonal(radii=constant)"});
  CAPTURE(outcome.out, outcome.err);
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.out, Contains("no number of frequencies") && Contains("it is reached by"));
}

TEST_CASE("a plan for a ball has the constants of Sutherland and Schneider", "[plan]") {
  const Outcome outcome =
      run_bochner({"plan", "--radius", "2", "--dimension", "1", "--error", "0.288", "--json"});
  CAPTURE(outcome.err);
  REQUIRE(outcome.status == 0);
  const auto document = nlohmann::json::parse(outcome.out);
  // beta = 12.00, (sigma l / e)^{2/3} = (4 / 0.288)^{2/3} = 5.777, alpha = 1/2 + 0.096:
  // m = log(12.00 x 5.777 / 0.05) 8 x 3 x 0.596 / (2 x 0.288^2) = 624.
  CHECK(document["plan"]["num_frequencies"] == 624);
  const Outcome softmax = run_bochner(
      {"plan", "--kernel", "softmax", "--radius", "1", "--dimension", "16", "--error", "0.1"});
  CHECK(softmax.status == 0);
  CHECK_THAT(softmax.out, Contains("no constants are known") && Contains("a rate"));
}

TEST_CASE("a plan needs one subject", "[plan]") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes = {
      {{"--error", "0.1"}, "expected one of --input"},
      {{"--norm", "1", "--radius", "1"}, "expected one of --input"},
      {{"--norm", "1", "--dimension", "4"}, "--error"},
      {{"--norm", "1", "--error", "0.1"}, "--dimension"},
      {{"--norm", "1", "--error", "0", "--dimension", "4"}, "--error"},
      {{"--norm", "-1", "--error", "0.1", "--dimension", "4"}, "--norm"},
      {{"--norm", "1", "--error", "0.1", "--dimension", "1"}, "an angle needs"},
      {{"--radius", "0", "--error", "0.1", "--dimension", "4"}, "--radius"},
      {{"--radius", "1", "--error", "0.1", "--dimension", "4", "--kernel", "matern"}, "the bound"},
      {{"--norm", "1", "--error", "0.1", "--dimension", "4", "--features", "positive", "--basis",
        "bernstein"},
       "needs bounded features"},
      {{"--norm", "1", "--error", "0.1", "--dimension", "4", "--lengthscale", "median"},
       "a median needs data"},
      {{"--norm", "1", "--error", "0.1", "--dimension", "4", "--kernel", "softmax",
        "--mean-square-sum", "1"},
       "--mean-square-sum: needs data"}};
  for (const auto& [arguments, words] : mistakes) {
    CAPTURE(words);
    std::vector<std::string> all = {"plan"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome outcome = run_bochner(all);
    CHECK(outcome.status == 2);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, Contains(words));
  }
}

TEST_CASE("what is wrong with a plan's command line is said before its file is opened", "[plan]") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes = {
      {{"--seed", "abc"}, "--seed"},
      {{"--threads", "many"}, "--threads"},
      {{"--budget", "1"}, "--budget"},
      {{"--features", "nosuch"}, "--features"},
      {{"--features", "positive", "--projection", "nosuch"}, "--projection"},
      {{"--projection", "iid"}, "goes with --features"},
      {{"--dimension", "3"}, "a file says its own"},
      {{"--error", "0.1", "--basis", "bernstein"}, "is for pairs"},
      {{"--kernel", "matern", "--features", "positive"}, "positive"},
      {{"--features", "trigonometric", "--projection", "sobol"}, "quasi-random"}};
  for (const auto& [arguments, words] : mistakes) {
    CAPTURE(words);
    std::vector<std::string> all = {"plan", "--input", "/nonexistent/rows.csv"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome outcome = run_bochner(all);
    CHECK(outcome.status == 2);
    CHECK_THAT(outcome.err, Contains(words) && !Contains("nonexistent"));
  }
  for (const std::string option : {"--seed", "--threads", "--budget"}) {
    const Outcome outcome =
        run_bochner({"plan", "--norm", "1", "--dimension", "4", "--error", "0.1", option, "abc"});
    CAPTURE(option);
    CHECK(outcome.status == 2);
    CHECK_THAT(outcome.err, Contains(option));
  }
}

TEST_CASE("a plan whose answer is astronomical is an answer", "[plan]") {
  const auto planned = [](const std::vector<std::string>& subject) {
    std::vector<std::string> all = {"plan", "--kernel", "softmax", "--json"};
    all.insert(all.end(), subject.begin(), subject.end());
    const Outcome outcome = run_bochner(all);
    CAPTURE(outcome.err);
    REQUIRE(outcome.status == 0);
    return nlohmann::json::parse(outcome.out)["planned"];
  };
  const auto many = planned({"--norm", "2", "--dimension", "64", "--error", "0.1"});
  CHECK(many["num_frequencies"] > 10'000'000);
  CHECK(planned({"--norm", "2", "--dimension", "3", "--error", "0.5"})["num_frequencies"] > 100);
  const auto beyond = planned({"--norm", "1e10", "--dimension", "64", "--error", "0.1"});
  CHECK(beyond["num_frequencies"] == 0);
  // At |x - y|^2 = 4e20 trigonometric features need e^{4e20}, OPRF ones with their optimal
  // parameter about (|x + y|^2 / d)^{d/2}, at the worst of the pairs.
  CHECK(beyond["log10_frequencies"] > 100.0);
  CHECK_THAT(std::string(beyond["statement"]), Contains("it takes about 10^"));
  CHECK_THAT(std::string(beyond["reachable"]), Contains("exact kernel"));
}

TEST_CASE("an offset of the rows changes neither a plan nor its time", "[plan]") {
  const auto plan_at = [](double offset) {
    std::string text;
    for (int i = 0; i < 40; ++i) {
      text += std::to_string(static_cast<long long>(offset) + i % 7) + "," +
              std::to_string(static_cast<long long>(offset) + i % 5) + "\n";
    }
    const Outcome outcome =
        run_bochner({"plan", "--input", "-", "--error", "0.05", "--json"}, {.input = text});
    CAPTURE(outcome.err);
    REQUIRE(outcome.status == 0);
    return nlohmann::json::parse(outcome.out);
  };
  const auto near = plan_at(0.0);
  for (const double offset : {1e3, 1e6, 1e12}) {
    CAPTURE(offset);
    const auto far = plan_at(offset);
    CHECK(far["spec"] == near["spec"]);
    CHECK(far["plan"]["num_frequencies"] == near["plan"]["num_frequencies"]);
  }
}
