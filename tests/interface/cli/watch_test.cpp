// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"

#include <bochner/random/stream.hpp>

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

/// Two columns, the first of which grows wider at row `from`, and one of text.
std::string rows(Index count, Index from) {
  const Stream stream(Seed{5}, Purpose::study);
  std::string out = "a,b,note\n";
  for (Index i = 0; i < count; ++i) {
    const auto at = static_cast<std::uint64_t>(2 * i);
    out += std::to_string(100.0 + (i < from ? 0.01 : 0.1) * stream.normal(at)) + "," +
           std::to_string(1e6 * stream.normal(at + 1)) + ",x\n";
  }
  return out;
}

Outcome watch(std::vector<std::string> arguments, const std::string& input) {
  arguments.insert(arguments.begin(), {"watch", "--input", "-"});
  return run_bochner(arguments, {.input = input});
}

}  // namespace

TEST_CASE("a stream's change is printed as a line", "[watch]") {
  const std::string stream = rows(2000, 1200);
  const Outcome text = watch({"--columns", "a,b"}, stream);
  CAPTURE(text.err);
  REQUIRE(text.status == 0);
  CHECK_THAT(text.out, Contains("# units by the first 200 rows"));
  CHECK_THAT(text.out, Contains("the law changed at row"));
  const Outcome json = watch({"--columns", "a,b", "--json"}, stream);
  REQUIRE(json.status == 0);
  const auto change = nlohmann::json::parse(json.out);
  CHECK(std::abs(change["position"].get<int>() - 1201) < 100);
  CHECK(change["found"] > change["position"]);
  CHECK(change["distance"] > change["threshold"]);
  const Outcome quiet = watch({"--columns", "b", "--json"}, stream);
  CHECK(quiet.status == 0);
  CHECK(quiet.out.empty());
}

TEST_CASE("a change is printed before the stream ends", "[watch]") {
  // The stream ends once something has been printed, or after a minute without.
  const Outcome outcome = shell(
      "out=$(mktemp) && { awk 'BEGIN { srand(1); for (i = 0; i < 20000; ++i) print rand() + (i > "
      "1000 ? 5 : 0) }'; n=0; until [ -s \"$out\" ] || [ $n = 600 ]; do sleep 0.1; n=$((n + 1)); "
      "done; cat \"$out\" >&2; } | " +
      command_line({"watch", "--input", "-", "--json"}) + " >\"$out\"; rm \"$out\"");
  CAPTURE(outcome.out, outcome.err);
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.err, Contains("\"position\":"));
}

TEST_CASE("a stream that cannot be watched says why", "[watch]") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes = {
      {{"--false-alarm-rate", "0"}, "--false-alarm-rate"},
      {{"--false-alarm-rate", "1"}, "expected a number between 0 and 1"},
      {{"--learn", "1"}, "--learn"},
      {{"--frequencies", "0"}, "--frequencies"}};
  for (const auto& [arguments, message] : mistakes) {
    const Outcome outcome = watch(arguments, "1\n2\n");
    CHECK(outcome.status == 2);
    CHECK_THAT(outcome.err, Contains(message));
  }
  const Outcome few = watch({}, "1\n2\n");
  CHECK(few.status == 1);
  CHECK_THAT(few.err, Contains("has 2 rows, expected at least the 200 of --learn"));
  const Outcome text = watch({"--learn", "2"}, "1\n2\n3\nfour\n");
  CHECK(text.status == 1);
  CHECK_THAT(text.err, Contains("line 4"));
  // Rows that do not vary while units are learned.
  const Outcome still = watch({"--learn", "3", "--json"}, "7\n7\n7\n7\n7\n7\n");
  CHECK(still.status == 0);
  CHECK(still.out.empty());
  std::string doubled;
  for (int i = 0; i < 2000; ++i) doubled += i < 1000 ? "0.001\n" : "0.002\n";
  const Outcome moved = watch({"--learn", "3", "--json"}, doubled);
  CHECK(moved.status == 0);
  CHECK_FALSE(moved.out.empty());
}
