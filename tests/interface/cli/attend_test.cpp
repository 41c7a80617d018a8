// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/attention.hpp"
#include "interface/cli/attend_files.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace bochner;
using namespace bochner::test;
using Catch::Matchers::Contains;

namespace {

/// Exact attention from its definition.
std::vector<double> defined(const Files& f, double scale, bool causal) {
  std::vector<double> out;
  const Index share = f.queries.extent(2) / f.keys.extent(2);
  const Index offset = f.keys.extent(1) - f.queries.extent(1);
  for (Index b = 0; b < f.queries.extent(3); ++b) {
    for (Index h = 0; h < f.queries.extent(2); ++h) {
      for (Index i = 0; i < f.queries.extent(1); ++i) {
        std::vector<double> sums(static_cast<std::size_t>(f.values.extent(0)), 0.0);
        double total = 0.0;
        for (Index j = 0; j < f.keys.extent(1) && (!causal || j <= i + offset); ++j) {
          double product = 0.0;
          for (Index c = 0; c < f.queries.extent(0); ++c) {
            product += f.queries.at(b, h, i, c) * f.keys.at(b, h / share, j, c);
          }
          const double weight = std::exp(scale * product);
          total += weight;
          for (std::size_t c = 0; c < sums.size(); ++c) {
            sums[c] += weight * f.values.at(b, h / share, j, static_cast<Index>(c));
          }
        }
        for (const double sum : sums) out.push_back(sum / total);
      }
    }
  }
  return out;
}

}  // namespace

TEST_CASE("attend computes exact attention on arrays of two, three and four dimensions",
          "[attend]") {
  struct Shapes {
    std::vector<Index> queries, keys, values;
  };
  for (const Shapes& shapes :
       {Shapes{{7, 4}, {9, 4}, {9, 3}}, Shapes{{4, 5, 4}, {2, 5, 4}, {2, 5, 1}},
        Shapes{{2, 2, 3, 1}, {2, 1, 6, 1}, {2, 1, 6, 2}}}) {
    const Files files(shapes.queries, shapes.keys, shapes.values);
    for (const bool causal : {false, true}) {
      std::vector<std::string> more = {"--exact", "--precision", "double", "-o", files.output()};
      if (causal) more.emplace_back("--causal");
      const Outcome outcome = files.attend(more);
      CAPTURE(outcome.err, causal);
      REQUIRE(outcome.status == 0);
      CHECK_THAT(outcome.out, Contains("exact attention: "));
      const Output out = read_output(files.output());
      std::vector<Index> shape = files.queries.shape;
      shape.back() = files.values.shape.back();
      CHECK(out.shape == shape);
      const double scale = 1.0 / std::sqrt(static_cast<double>(files.queries.extent(0)));
      CHECK(largest_difference(defined(files, scale, causal), out.rows) < 1e-13);
    }
  }
}

TEST_CASE("attend has the bits of the library's attention with the spec it prints", "[attend]") {
  const Files files({2, 30, 8}, {1, 40, 8}, {1, 40, 5});
  for (const std::vector<std::string>& choice :
       {std::vector<std::string>{},
        {"--features", "trigonometric", "--projection", "hadamard"},
        {"--centre", "--mean-square-sum", "1"},
        {"--scale", "0.2", "--seed", "5"}}) {
    std::vector<std::string> more = {"--precision",   "double", "-o",       files.output(),
                                     "--frequencies", "24",     "--causal", "--json"};
    more.insert(more.end(), choice.begin(), choice.end());
    const Outcome outcome = files.attend(more);
    CAPTURE(outcome.err, choice);
    REQUIRE(outcome.status == 0);
    const auto document = nlohmann::json::parse(outcome.out);
    CHECK(document["command"] == "attend");
    CHECK(document["mask"] == "causal");
    CHECK(document["inputs"]["keys"]["shape"] == std::vector<Index>{1, 40, 8});
    CHECK(document["runs"][0]["arithmetic"] == "double");
    CHECK_FALSE(document["runs"][0].contains("error"));
    const FeatureMap<double> map(parse_spec(document["runs"][0]["spec"].get<std::string>()));
    std::vector<double> expected(2 * 30 * 5);
    attention<double>(map, {files.queries.view(), files.keys.view(), files.values.view()},
                      {expected.data(), {1, 2, 30, 5}}, {.mask = Mask::causal, .query_offset = 10});
    CHECK(largest_difference(expected, read_output(files.output()).rows) == 0.0);
  }
}

TEST_CASE("attend compares with exact attention", "[attend]") {
  const Files files({64, 8}, {64, 8}, {64, 4});
  const Outcome outcome = files.attend(
      {"--compare", "exact", "--frequencies", "16:256", "--precision", "double", "--json"});
  CAPTURE(outcome.err);
  REQUIRE(outcome.status == 0);
  const auto document = nlohmann::json::parse(outcome.out);
  REQUIRE(document["runs"].size() == 5);
  CHECK(document["exact"]["seconds"] > 0.0);
  for (const auto& run : document["runs"]) {
    // All 64 rows are sampled.
    CHECK(run["error"].get<double>() == Approx(run["sampled_error"].get<double>()).epsilon(1e-9));
    CHECK(run["advice"] == "keep exact");
  }
  CHECK(document["runs"][4]["error"] < 0.6 * document["runs"][0]["error"].get<double>());
  // The prediction is a root mean square over draws: one draw may have twice of it.
  double measured = 0.0;
  double predicted = 0.0;
  for (int seed = 1; seed <= 8; ++seed) {
    const Outcome draw = files.attend({"--compare", "exact", "--frequencies", "64", "--precision",
                                       "double", "--seed", std::to_string(seed), "--json"});
    REQUIRE(draw.status == 0);
    const auto run = nlohmann::json::parse(draw.out)["runs"][0];
    measured += std::pow(run["error"].get<double>(), 2);
    predicted += std::pow(run["predicted_error"].get<double>(), 2);
  }
  CHECK(std::sqrt(measured / predicted) < 1.5);
  CHECK(std::sqrt(measured / predicted) > 0.6);
  const Outcome text = files.attend({"--compare", "exact", "--frequencies", "16:256"});
  CHECK_THAT(text.out, Contains("predicted") && Contains("exact / time") &&
                           Contains("mean |q + k|^2") && Contains("Keep exact attention"));

  REQUIRE(files.attend({"-o", files.output(), "--threads", "1"}).status == 0);
  const std::string serial = slurp(files.output());
  REQUIRE(files.attend({"-o", files.output(), "--threads", "3"}).status == 0);
  CHECK(slurp(files.output()) == serial);
  CHECK(files.attend({"-o", "-"}).out == serial);
  CHECK(serial.find("'<f4'") != std::string::npos);
}

TEST_CASE("attend makes inputs up", "[attend]") {
  const Outcome outcome =
      run_bochner({"attend", "--synthetic", "300,16,2", "--frequencies", "64", "--json"});
  CAPTURE(outcome.err);
  REQUIRE(outcome.status == 0);
  const auto run = nlohmann::json::parse(outcome.out)["runs"][0];
  CHECK(run["effective_norms"]["mean"].get<double>() == Approx(1.0).epsilon(0.1));
  CHECK(run["error"] < 0.2);
  CHECK(run["seconds"] > 0.0);
  const Outcome reduced = run_bochner(
      {"attend", "--synthetic", "300,16,2", "--precision", "bfloat16", "--causal", "--json"});
  REQUIRE(reduced.status == 0);
  const auto document = nlohmann::json::parse(reduced.out);
  CHECK_THAT(document["runs"][0]["arithmetic"].get<std::string>(), Contains("bfloat16"));
  CHECK(document["exact"]["arithmetic"] == "float");
}

TEST_CASE("attend reads text and one array from the standard input", "[attend]") {
  const Scratch scratch;
  const std::string text = "a,b\n0.5,1\n0.25,-1\n1,0\n";
  const std::string file = scratch.write("x.csv", text);
  const Outcome outcome = run_bochner({"attend", "--queries", "-", "--keys", file, "--values", file,
                                       "--exact", "-o", scratch.path("o.npy")},
                                      {.input = text});
  CAPTURE(outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK(read_output(scratch.path("o.npy")).shape == std::vector<Index>{3, 2});
}

TEST_CASE("attend refuses a wrong command line, and leaves nothing behind", "[attend]") {
  struct Bad {
    std::vector<Index> queries, keys, values;
    std::vector<std::string> more;
    int status;
    std::string words;
  };
  const std::vector<Index> good{4, 2};
  const std::vector<Index> headed{2, 4, 2};
  for (const Bad& bad : {
           Bad{good, good, good, {"--frequencies", "0"}, 2, "--frequencies"},
           Bad{good, good, good, {"--frequencies", "8,16"}, 2, "a list needs --compare exact"},
           Bad{good,
               good,
               good,
               {"--frequencies", "8,16", "--compare", "exact"},
               2,
               "no one output"},
           Bad{good, good, good, {"--compare", "torch"}, 2, "expected exact, got 'torch'"},
           Bad{good, good, good, {"--exact", "--compare", "exact"}, 2, "--exact"},
           Bad{good, good, good, {"--exact", "--features", "positive"}, 2, "--exact"},
           Bad{good, good, good, {"--features", "oprf(a=0.2)"}, 2, "1/8"},
           Bad{good, good, good, {"--features", "none"}, 2, "--features: unknown name 'none'"},
           Bad{good, good, good, {"--projection", "none"}, 2, "unknown name 'none'"},
           Bad{good, good, good, {"--precision", "half"}, 2, "expected single, double or bfloat16"},
           Bad{good, good, good, {"--exact", "--precision", "bfloat16"}, 2, "no bfloat16"},
           Bad{good, good, good, {"--scale", "-1"}, 2, "--scale"},
           Bad{good, good, good, {"--scale", "1", "--mean-square-sum", "1"}, 2, "only one"},
           Bad{good, good, good, {"--seed", "x"}, 2, "--seed"},
           Bad{good, good, good, {"--threads", "-1"}, 2, "--threads"},
           Bad{good, good, good, {"--synthetic", "4,2,1"}, 2, "only one of the two"},
           Bad{{4}, good, good, {}, 1, "q.npy: has 1 dimension, expected length x dimension"},
           Bad{{1, 1, 1, 4, 2}, good, good, {}, 1, "has 5 dimensions"},
           Bad{good, headed, headed, {}, 1, "k.npy: has 3 dimensions, expected 2"},
           Bad{good, {4, 3}, good, {}, 1, "keys is 1 x 1 x 4 x 3"},
           Bad{good, {4, 3}, good, {"--exact"}, 1, "keys is 1 x 1 x 4 x 3"},
           Bad{good, good, {5, 2}, {}, 1, "values is 1 x 1 x 5 x 2"},
           Bad{{3, 4, 2}, headed, headed, {}, 1, "divides"},
           Bad{good, {4, 0}, good, {}, 1, "no columns"},
       }) {
    const Files files(bad.queries, bad.keys, bad.values);
    std::vector<std::string> more = {"-o", files.output()};
    more.insert(more.end(), bad.more.begin(), bad.more.end());
    const Outcome outcome = files.attend(more);
    CAPTURE(bad.words, bad.more, outcome.err);
    CHECK(outcome.status == bad.status);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, Catch::Matchers::StartsWith("bochner attend: ") && Contains(bad.words));
    CHECK(files.scratch.list() == std::vector<std::string>{"k.npy", "q.npy", "v.npy"});
  }
  Files files(good, good, good);
  const auto refused = [&](const std::vector<std::string>& arguments, int status,
                           const std::string& words) {
    const Outcome outcome = run_bochner(arguments);
    CAPTURE(words, outcome.err);
    CHECK(outcome.status == status);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, Contains(words));
  };
  refused({"attend"}, 2, "--queries is required");
  refused({"attend", "--synthetic", "10,2"}, 2, "expected length, dimension and heads");
  refused({"attend", "--synthetic", "10,0,1"}, 2, "--synthetic: '0' is not a whole number");
  refused({"attend", "--synthetic", "1000000000,1000000,64"}, 1, "GiB of memory");
  refused({"attend", "--queries", "-", "--keys", "-", "--values", "x", "-o", "y"}, 2,
          "only one of");
  refused({"attend", "--queries", files.scratch.path("none"), "--keys", files.scratch.path("k.npy"),
           "--values", files.scratch.path("v.npy"), "-o", files.output()},
          1, "none: cannot open");
  CHECK(files.attend({}).status == 2);
  CHECK_THAT(files.attend({}).err, Contains("--output is required"));
  CHECK_THAT(files.attend({"-o", "-", "--json"}).err, Contains("needs an --output file"));
  CHECK(files.attend({"-o", "/nowhere/o.npy"}).status == 1);
  files.keys.elements[3] = std::nan("");
  files.scratch.write("k.npy", files.keys.npy());
  CHECK_THAT(files.attend({"-o", files.output()}).err, Contains("row 2, column 2 is NaN"));
}

TEST_CASE("attend is right on long rows and large values, or says no", "[attend]") {
  Files files({64, 8}, {64, 8}, {64, 4});
  const auto rewrite = [&](double size, double value) {
    for (Array* rows : {&files.queries, &files.keys}) {
      *rows = Array(rows->shape, rows == &files.queries ? 0 : 1, size);
    }
    files.values = Array(files.values.shape, 2, value);
    files.scratch.write("q.npy", files.queries.npy());
    files.scratch.write("k.npy", files.keys.npy());
    files.scratch.write("v.npy", files.values.npy());
  };
  const auto largest = [&] {
    double most = 0.0;
    for (const double v : files.values.elements) most = std::max(most, std::abs(v));
    return most;
  };
  for (const double size : {500.0, 2000.0}) {
    rewrite(size, 1.0);
    // Each query sees one key: of the others the logits are lower by hundreds.
    for (const std::string precision : {"single", "double"}) {
      REQUIRE(files.attend({"-o", files.output(), "--exact", "--precision", precision}).status ==
              0);
      const Matrix<double> out = read_output(files.output()).rows;
      for (Index i = 0; i < 64; ++i) {
        Index best = 0;
        double top = -1e300;
        for (Index j = 0; j < 64; ++j) {
          double product = 0.0;
          for (Index c = 0; c < 8; ++c) {
            product += files.queries.at(0, 0, i, c) * files.keys.at(0, 0, j, c);
          }
          if (product > top) best = j;
          top = std::max(top, product);
        }
        for (Index c = 0; c < 4; ++c) {
          CHECK(out(i, c) == Approx(files.values.at(0, 0, best, c)).epsilon(1e-6));
        }
      }
      // The map of the data: means of values, whatever their error.
      const Outcome outcome = files.attend({"-o", files.output(), "--precision", precision});
      CAPTURE(size, precision, outcome.err);
      REQUIRE(outcome.status == 0);
      const Matrix<double> mean = read_output(files.output()).rows;
      for (Index e = 0; e < mean.size(); ++e) {
        CHECK(std::abs(mean.data()[e]) <= largest() * (1.0 + 1e-5));
      }
    }
  }
  rewrite(0.5, 3e37);
  REQUIRE(files.attend({"-o", files.output(), "--exact"}).status == 0);
  const Matrix<double> out = read_output(files.output()).rows;
  for (Index e = 0; e < out.size(); ++e) CHECK(std::abs(out.data()[e]) <= largest());
  const Outcome refused = files.attend({"-o", files.output()});
  CHECK(refused.status == 1);
  CHECK_THAT(refused.err, Contains("values") && Contains("too large"));
}

TEST_CASE("attend on no queries writes an empty array", "[attend]") {
  const Files files({0, 2}, {4, 2}, {4, 3});
  for (const std::string arithmetic : {"--exact", "--causal"}) {
    const Outcome outcome = files.attend({"-o", files.output(), arithmetic});
    CAPTURE(outcome.err);
    CHECK(outcome.status == 0);
    CHECK(read_output(files.output()).shape == std::vector<Index>{0, 3});
  }
}
