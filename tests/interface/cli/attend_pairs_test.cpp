// SPDX-License-Identifier: Apache-2.0
//
// `attend` with exact pairs, with decay, and by plans.
#include "bochner/client/attention/exact.hpp"
#include "bochner/client/attention/plan.hpp"
#include "bochner/core/names.hpp"
#include "interface/cli/attend_files.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace bochner;
using namespace bochner::test;
using Catch::Matchers::Contains;

namespace {

AttentionInputs<double> inputs_of(const Files& files) {
  return {files.queries.view(), files.keys.view(), files.values.view()};
}

}  // namespace

TEST_CASE("attend weighs pairs exactly and lets weights decay as the library does", "[attend]") {
  const Files files({1, 2, 70, 8}, {1, 2, 80, 8}, {1, 2, 80, 5});
  const std::vector<double> slopes = alibi_slopes(2);
  const KeyBlocks given{.count = 2};
  const KeyBlocks bisected{.count = 2, .order = BlockOrder::bisection};
  struct Case {
    std::vector<std::string> words;
    AttentionOptions options;
    std::string line;
  };
  for (const Case& each : {
           Case{{"--window", "9"},
                {.exact = {.window = 9}},
                "# exact pairs: window 9; the rest by features\n"},
           Case{{"--window", "9", "--first-keys", "3", "--rest", "none"},
                {.exact = {.window = 9, .first_keys = 3}, .rest = Rest::none},
                "# exact pairs: window 9, first keys 3; the rest not at all\n"},
           Case{{"--blocks", "2", "--rest", "means"},
                {.exact = {.blocks = bisected}, .rest = Rest::means},
                "# exact pairs: blocks 2 of 16 x 16; the rest by means\n"},
           Case{{"--causal", "--blocks", "2"},
                {.mask = Mask::causal, .query_offset = 10, .exact = {.blocks = given}},
                "# exact pairs: blocks 2 of 16 x 16; the rest by features\n"},
           Case{{"--causal", "--alibi", "--window", "9"},
                {.mask = Mask::causal, .query_offset = 10, .decay = slopes, .exact = {.window = 9}},
                "# decay: ALiBi\n"},
       }) {
    std::vector<std::string> more = {"--precision", "double", "-o", files.output(),  "--features",
                                     "hyperbolic",  "--seed", "5",  "--frequencies", "24"};
    more.insert(more.end(), each.words.begin(), each.words.end());
    const Outcome outcome = files.attend(more);
    CAPTURE(outcome.err, each.words);
    REQUIRE(outcome.status == 0);
    CHECK_THAT(outcome.out, Contains(each.line));
    const FeatureMap<double> map({.input_dim = 8,
                                  .num_frequencies = 24,
                                  .kernel = SoftmaxKernel::for_dimension(8),
                                  .features = HyperbolicFeatures{},
                                  .seed = {5}});
    std::vector<double> expected(2 * 70 * 5);
    attention<double>(map, inputs_of(files), {expected.data(), {1, 2, 70, 5}}, each.options);
    CHECK(largest_difference(expected, read_output(files.output()).rows) == 0.0);
  }
}

TEST_CASE("attend measures the error that exact pairs leave, which nothing predicts", "[attend]") {
  const Files files({64, 8}, {64, 8}, {64, 4});
  const auto compared = [&](const std::vector<std::string>& words) {
    std::vector<std::string> more = {"--compare", "exact", "--precision", "double", "--json"};
    more.insert(more.end(), words.begin(), words.end());
    const Outcome outcome = files.attend(more);
    CAPTURE(outcome.err, words);
    REQUIRE(outcome.status == 0);
    return nlohmann::json::parse(outcome.out);
  };
  const auto all = compared({});
  CHECK_FALSE(all.contains("exact_pairs"));
  CHECK_FALSE(all.contains("decay"));
  const auto near = compared({"--window", "40"});
  CHECK(near["exact_pairs"]["window"] == 40);
  CHECK(near["exact_pairs"]["blocks"]["order"] == "given");
  CHECK(near["rest"] == "features");
  CHECK(near["runs"][0]["error"] < all["runs"][0]["error"]);
  CHECK_FALSE(near["runs"][0].contains("predicted_error"));
  CHECK(compared({"--window", "64"})["runs"][0]["error"] < 1e-13);
  // The slope of one head is 2^-8: exact attention decays as well.
  const auto decayed = compared({"--causal", "--alibi", "--window", "64"});
  CHECK(decayed["decay"] == std::vector<double>{0.00390625});
  CHECK(decayed["runs"][0]["error"] < 1e-13);
  const Outcome text = files.attend({"--compare", "exact", "--window", "40"});
  CHECK_THAT(text.out, Contains("error") && !Contains("predict") && !Contains("mean |q + k|^2"));
}

TEST_CASE("attend decays exact attention", "[attend]") {
  const Files files({2, 30, 8}, {2, 30, 8}, {2, 30, 3});
  REQUIRE(
      files
          .attend({"--exact", "--causal", "--alibi", "--precision", "double", "-o", files.output()})
          .status == 0);
  std::vector<double> expected(2 * 30 * 3);
  std::vector<double> bias(2 * 30 * 30);
  for (std::size_t h = 0; h < 2; ++h) {
    for (std::size_t i = 0; i < 30; ++i) {
      for (std::size_t j = 0; j < 30; ++j) {
        const double distance = static_cast<double>(i) - static_cast<double>(j);
        bias[(h * 30 + i) * 30 + j] = -(h == 0 ? 1.0 / 16 : 1.0 / 256) * distance;
      }
    }
  }
  const TensorView<const double, 4> biases(bias.data(), {1, 2, 30, 30});
  exact_attention<double>(SoftmaxKernel::for_dimension(8), inputs_of(files),
                          {expected.data(), {1, 2, 30, 3}}, {.mask = Mask::causal}, biases);
  CHECK(largest_difference(expected, read_output(files.output()).rows) < 1e-13);
}

TEST_CASE("attend plans heads, and attends as planned", "[attend][plan]") {
  const Files files({2, 300, 8}, {2, 300, 8}, {2, 300, 4});
  const std::vector<std::string> common = {"--plan", "--precision", "double", "--seed", "3"};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = common;
    all.insert(all.end(), more.begin(), more.end());
    return files.attend(all);
  };
  struct Goal {
    std::vector<std::string> words;
    AttentionGoal goal;
  };
  for (const Goal& each : {Goal{{}, {}}, Goal{{"--error", "0.02"}, {.error = 0.02}},
                           Goal{{"--time", "0.5"}, {.time = 0.5}}}) {
    std::vector<std::string> more = {"--json", "-o", files.output()};
    more.insert(more.end(), each.words.begin(), each.words.end());
    const Outcome outcome = with(more);
    CAPTURE(outcome.err, each.words);
    REQUIRE(outcome.status == 0);
    const auto document = nlohmann::json::parse(outcome.out);
    const FeatureMapSpec base{.input_dim = 8,
                              .num_frequencies = 256,
                              .kernel = SoftmaxKernel::for_dimension(8),
                              .features = HyperbolicOprfFeatures{},
                              .seed = {3}};
    const std::vector<HeadPlan> plans =
        plan_attention<double>(HeadSpecs(base), 0, inputs_of(files), each.goal);
    REQUIRE(document["plans"].size() == 2);
    CHECK(document["runs"].empty());
    for (std::size_t h = 0; h < 2; ++h) {
      const auto& said = document["plans"][h];
      CHECK(said["head"] == h);
      CHECK(said["method"] == name_of(plans[h].method));
      CHECK(parse_spec(said["spec"].get<std::string>()) == plans[h].spec);
      CHECK(said["error"] == plans[h].error);
      CHECK(said["source"] == name_of(plans[h].source));
      CHECK(said["exact_share"] == plans[h].exact_share);
      CHECK(said["time"] == plans[h].nanoseconds / plans[h].exact_nanoseconds);
      CHECK(said["exact"]["window"] == plans[h].exact.window);
      CHECK(said["rest"] == name_of(plans[h].rest));
      CHECK(said["sentence"] == plans[h].sentence);
    }
    CHECK(document["planned"]["arithmetic"] == "double");
    std::vector<double> expected(2 * 300 * 4);
    attention<double>(std::span<const HeadPlan>(plans), inputs_of(files),
                      {expected.data(), {1, 2, 300, 4}});
    CHECK(largest_difference(expected, read_output(files.output()).rows) == 0.0);
  }
  const Outcome text = with({});
  REQUIRE(text.status == 0);
  CHECK_THAT(text.out, Contains("head") && Contains("pairs exactly") && Contains("time / exact") &&
                           Contains("\nhead 1: "));
  const Outcome synthetic = run_bochner({"attend", "--synthetic", "200,8,3", "--plan", "--json"});
  REQUIRE(synthetic.status == 0);
  const auto document = nlohmann::json::parse(synthetic.out);
  CHECK(document["plans"].size() == 3);
  CHECK_FALSE(document.contains("exact"));
  CHECK_FALSE(document.contains("planned"));
}

TEST_CASE("a report holds the plan and a figure of it", "[attend][plan]") {
  const Scratch scratch;
  const std::string folder = scratch.path("plan");
  const Outcome outcome =
      run_bochner({"attend", "--synthetic", "200,8,3", "--plan", "--json", "--report", folder});
  CAPTURE(outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK(nlohmann::json::parse(slurp(folder + "/report.json")) ==
        nlohmann::json::parse(outcome.out));
  const auto plans = nlohmann::json::parse(outcome.out)["plans"];
  const std::string table = slurp(folder + "/table.csv");
  CHECK_THAT(table, Catch::Matchers::StartsWith("head,method,error,exact_share,time\n"));
  CHECK(std::count(table.begin(), table.end(), '\n') == 4);
  const std::string figure = slurp(folder + "/heads.svg");
  CHECK_THAT(figure, Contains("Error that is left") && Contains("Pairs weighed exactly"));
  for (const auto& plan : plans) CHECK_THAT(figure, Contains(plan["method"].get<std::string>()));
  const Outcome alone =
      run_bochner({"attend", "--synthetic", "200,8,3", "--report", scratch.path("other")});
  CHECK(alone.status == 2);
  CHECK_THAT(alone.err, Contains("--report requires --plan"));
}

TEST_CASE("attend refuses options that contradict each other", "[attend]") {
  const Files files({1, 2, 20, 4}, {1, 1, 20, 4}, {1, 1, 20, 4});
  struct Bad {
    std::vector<std::string> words;
    int status;
    std::string reason;
  };
  for (const Bad& bad : {
           Bad{{"--window", "0"}, 2, "--window"},
           Bad{{"--window", "x"}, 2, "--window"},
           Bad{{"--first-keys", "-1"}, 2, "--first-keys"},
           Bad{{"--blocks", "1.5"}, 2, "--blocks"},
           Bad{{"--rest", "some"}, 2, "--rest: expected features, means or none, got 'some'"},
           Bad{{"--rest", "none"}, 2, "--rest: none needs --window, --first-keys or --blocks"},
           Bad{{"--exact", "--window", "3"}, 2, "--exact excludes --window"},
           Bad{{"--exact", "--rest", "means"}, 2, "--exact excludes --rest"},
           Bad{{"--alibi"}, 2, "--alibi needs --causal"},
           Bad{{"--alibi", "--causal", "--blocks", "2"}, 2, "--alibi and --blocks: only one"},
           Bad{{"--alibi", "--causal", "--rest", "means"}, 2, "--alibi and --rest means: only one"},
           Bad{{"--alibi", "--causal"}, 1, "2 heads of queries and 1 of keys, expected as many"},
           Bad{{"--error", "0.1"}, 2, "--error requires --plan"},
           Bad{{"--time", "0.1"}, 2, "--time requires --plan"},
           Bad{{"--plan", "--time", "0.1", "--error", "0.1"}, 2, "excludes"},
           Bad{{"--plan", "--error", "0"}, 2, "--error"},
           Bad{{"--plan", "--time", "-1"}, 2, "--time"},
           Bad{{"--plan", "--exact"}, 2, "excludes"},
           Bad{{"--plan", "--compare", "exact"}, 2, "--compare excludes --plan"},
           Bad{{"--plan", "--window", "3"}, 2, "--window excludes --plan"},
           Bad{{"--plan", "--rest", "none"}, 2, "--rest excludes --plan"},
           Bad{{"--plan", "--frequencies", "8"}, 2, "--frequencies excludes --plan"},
           Bad{{"--plan", "--causal", "--alibi"}, 2, "--alibi excludes --plan"},
           Bad{{"--plan", "--centre"}, 2, "--centre excludes --plan"},
       }) {
    std::vector<std::string> more = {"-o", files.output()};
    more.insert(more.end(), bad.words.begin(), bad.words.end());
    const Outcome outcome = files.attend(more);
    CAPTURE(bad.reason, bad.words, outcome.err);
    CHECK(outcome.status == bad.status);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, Contains(bad.reason));
    CHECK(files.scratch.list() == std::vector<std::string>{"k.npy", "q.npy", "v.npy"});
  }
}
