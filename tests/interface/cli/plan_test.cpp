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

TEST_CASE("a plan refuses what cannot be meant", "[plan]") {
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
