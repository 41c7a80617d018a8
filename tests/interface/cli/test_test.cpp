// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"

#include <bochner/client/gram/conditional_independence.hpp>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

using namespace bochner;
using namespace bochner::test;
using Catch::Matchers::Contains;

namespace {

/// x and y owe what they share to z, which is the last column; the second one is text.
struct Rows {
  Matrix<double> x{300, 1}, y{300, 1}, z{300, 1};

  Rows() {
    const Stream stream(Seed{4}, Purpose::study);
    // Multiples of 1/64, which six decimals hold.
    const auto rounded = [](double value) { return std::round(64.0 * value) / 64.0; };
    for (Index i = 0; i < 300; ++i) {
      const auto at = static_cast<std::uint64_t>(3 * i);
      z(i, 0) = rounded(stream.normal(at));
      x(i, 0) = z(i, 0) + rounded(0.5 * stream.normal(at + 1));
      y(i, 0) = rounded(std::tanh(z(i, 0)) + 0.5 * stream.normal(at + 2));
    }
  }

  std::string text() const {
    std::string out = "x,note,y,z\n";
    for (Index i = 0; i < 300; ++i) {
      out += std::to_string(x(i, 0)) + ",some text," + std::to_string(y(i, 0)) + "," +
             std::to_string(z(i, 0)) + "\n";
    }
    return out;
  }
};

Outcome run(std::vector<std::string> arguments, const std::string& input = Rows().text()) {
  arguments.insert(arguments.begin(), {"test", "--input", "-"});
  return run_bochner(arguments, {.input = input});
}

nlohmann::json document(std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  const Outcome outcome = run(std::move(arguments));
  CAPTURE(outcome.err);
  REQUIRE(outcome.status == 0);
  return nlohmann::json::parse(outcome.out);
}

}  // namespace

TEST_CASE("a test of a file's columns is that of the library", "[test]") {
  const Rows rows;
  const auto found = document({"--x", "x", "--y", "y", "--given", "z", "--seed", "3"});
  const ConditionalIndependence expected =
      conditional_independence_test(rows.x.view(), rows.y.view(), rows.z.view(), {.seed = {3}});
  CHECK(found["command"] == "test");
  CHECK(found["p_values"].get<std::vector<double>>() == expected.p_values);
  CHECK(found["combined_p_value"] == expected.combined_p_value);
  CHECK(found["statistic"] == expected.statistic);
  CHECK(found["smallest_p_value"] <= found["median_p_value"]);
  CHECK(found["median_p_value"] <= found["largest_p_value"]);
  CHECK(found["p_value"] > 0.001);
  CHECK(document({"--x", "1", "--y", "3"})["combined_p_value"] < 1e-6);
  CHECK(document({"--x", "1", "--y", "3"})["given"].empty());
  // A column may belong to several variables: nothing is left of x given itself.
  CHECK(document({"--x", "x", "--y", "y,z", "--given", "x,z"})["smallest_p_value"] > 1e-4);
  const auto permuted = document({"--x", "x", "--y", "y", "--given", "z", "--null", "permutations",
                                  "--permutations", "99", "--draws", "3", "--test", "rcit"});
  CHECK(permuted["p_values"].size() == 3);
  CHECK(permuted["permutations"] == 99);
  CHECK_FALSE(permuted.contains("law"));
}

TEST_CASE("a test says in words what was asked and how far draws agree", "[test]") {
  const Outcome outcome = run({"--x", "x", "--y", "y", "--given", "z"});
  CAPTURE(outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK_THAT(outcome.out, Contains("300 rows; is x independent of y given z?"));
  CHECK_THAT(outcome.out, Contains("weighted-chi-squares (inversion), 10 draws"));
  CHECK_THAT(outcome.out, Contains("p-values of the draws"));
}

TEST_CASE("a test that cannot be made says why", "[test]") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes = {
      {{"--x", "x"}, "--y"},
      {{"--x", "x", "--y", "y", "--law", "none"}, "--law: expected inversion"},
      {{"--x", "x", "--y", "y", "--draws", "0"}, "--draws"},
      {{"--x", "x", "--y", "y", "--condition-features", "9"}, "goes with --given"},
      {{"--x", "x", "--y", "y", "--permutations", "9"}, "goes with --null permutations"},
      {{"--x", "x", "--y", "y", "--null", "permutations", "--law", "inversion"},
       "goes with --null weighted-chi-squares"}};
  for (const auto& [arguments, message] : mistakes) {
    const Outcome outcome = run(arguments);
    CHECK(outcome.status == 2);
    CHECK_THAT(outcome.err, Contains(message));
  }
  const Outcome unknown = run({"--x", "x", "--y", "weight"});
  CHECK(unknown.status == 1);
  CHECK_THAT(unknown.err, Contains("has no column 'weight'"));
  const Outcome text = run({"--x", "x", "--y", "note"});
  CHECK(text.status == 1);
  CHECK_THAT(text.err, Contains("line 2"));
  const Outcome few = run({"--x", "1", "--y", "2", "--given", "3"}, "1,2,3\n2,3,4\n4,2,1\n");
  CHECK(few.status == 0);
  const Outcome two = run({"--x", "1", "--y", "2"}, "1,2\n2,3\n");
  CHECK(two.status == 1);
  CHECK_THAT(two.err, Contains("rows is 2, expected at least 3"));
  // What does not vary is independent of everything.
  const Outcome constant = run({"--x", "1", "--y", "2", "--json"}, "1,2\n1,3\n1,5\n1,4\n");
  REQUIRE(constant.status == 0);
  CHECK(nlohmann::json::parse(constant.out)["p_value"] == 1.0);
}
