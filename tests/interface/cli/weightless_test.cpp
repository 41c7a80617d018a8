// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/fit_table.hpp"
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace bochner::test;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

namespace {

/// A good row, by its number.
std::string good(int i) {
  return table("", 1,
               [i](int) {
                 return std::vector<double>{spread(i), spread(i, 0.7549), 1.0 + i % 2,
                                            std::sin(3.0 * spread(i))};
               })
      .substr(1);
}

/// `rows` good ones and, after each, `absurd`.
std::string good_rows(int rows, const std::string& absurd) {
  std::string out = "t,u,w,y\n";
  for (int i = 0; i < rows; ++i) out += good(i) + absurd;
  return out;
}

const std::string kAbsurd = "12345.5,-99999,0,1e200\n";

}  // namespace

TEST_CASE("rows without weight are offered to no search", "[fit][weights]") {
  const Scratch scratch;
  const std::string without = scratch.write("without.csv", good_rows(60, ""));
  const std::string with = scratch.write("with.csv", good_rows(60, kAbsurd));
  for (const Arguments& how :
       {Arguments{"--lengthscale", "median"}, Arguments{"--validate", "loo"}, Arguments{}}) {
    Arguments options = {"--target", "y", "--weights", "w", "--frequencies", "16"};
    options.insert(options.end(), how.begin(), how.end());
    const Outcome a = fit(without, scratch.path("a"), options);
    const Outcome b = fit(with, scratch.path("b"), options);
    INFO(b.err);
    REQUIRE(a.status == 0);
    REQUIRE(b.status == 0);
    const Json expected = Json::parse(a.out);
    const Json found = Json::parse(b.out);
    for (const char* key : {"map", "ridge", "search"}) {
      INFO(key);
      CHECK(found[key] == expected[key]);
    }
    CHECK(found["input"]["rows"] == 120);
    CHECK(metric(without, scratch.path("b"), 0) ==
          Approx(metric(without, scratch.path("a"), 0)).epsilon(1e-3));
  }
}

TEST_CASE("too few rows with a weight are too few", "[fit][weights][bad]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", good_rows(6, kAbsurd));
  const Outcome outcome = fit(data, scratch.path("m"), {"--target", "y", "--weights", "w"});
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.err, Contains("6 rows of positive weight, and validation by 5 folds needs at "
                                   "least 10"));
}

TEST_CASE("the target of a row without weight may be anything", "[fit][weights]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", good_rows(60, kAbsurd));
  for (const char* solver : {"cholesky", "iterative"}) {
    const Outcome fitted =
        fit(data, scratch.path("m"), fixed({"--weights", "w", "--solver", solver}));
    INFO(fitted.err);
    REQUIRE(fitted.status == 0);
    CHECK(metric(data, scratch.path("m"), 2, {"--weights", "w"}) > 0.9);
  }
  // A class that no row with a weight has is none.
  std::string classes = "t,w,k\n";
  for (int i = 0; i < 60; ++i) {
    classes += std::to_string(spread(i)) + ",1," + (spread(i) > 0.0 ? "p" : "q") + "\n7,0,ghost\n";
  }
  const std::string labelled = scratch.write("k.csv", classes);
  for (const char* loss : {"squared", "logistic"}) {
    const Outcome fitted = fit(labelled, scratch.path("k"),
                               {"--target", "k", "--task", "classify", "--weights", "w", "--loss",
                                loss, "--lengthscale", "1"});
    INFO(fitted.err);
    REQUIRE(fitted.status == 0);
    CHECK(Json::parse(fitted.out)["classes"] == Json({"p", "q"}));
    CHECK(metric(labelled, scratch.path("k"), 0, {"--weights", "w"}) < 0.1);
  }
  const std::string single = scratch.write("s.csv", "t,w,k\n1,1,p\n2,0,q\n3,1,p\n");
  CHECK_THAT(
      fit(single, scratch.path("s"), {"--target", "k", "--task", "classify", "--weights", "w"}).err,
      Contains("the target 'k' is always p"));
}

TEST_CASE("rows without weight are not plotted", "[fit][weights]") {
  const Scratch scratch;
  const std::string without = scratch.write("without.csv", good_rows(60, ""));
  const std::string with = scratch.write("with.csv", good_rows(60, kAbsurd));
  REQUIRE(fit(without, scratch.path("m"), fixed({"--weights", "w"})).status == 0);
  const auto plot = [&](const std::string& data, const std::string& report) {
    const Outcome outcome = run_bochner({"evaluate", "--data", data, "--model", scratch.path("m"),
                                         "--weights", "w", "--report", scratch.path(report)});
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    return slurp(scratch.path(report + "/predicted.svg"));
  };
  CHECK(plot(with, "a") == plot(without, "b"));
}
