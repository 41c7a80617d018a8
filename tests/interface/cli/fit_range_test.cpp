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

TEST_CASE("single precision sees targets far from zero and of any size", "[fit][range]") {
  struct Target {
    double offset;
    double scale;
  };
  for (const auto& [offset, scale] :
       {Target{1.6e9, 30.0}, Target{1e12, 1.0}, Target{0.0, 1e39}, Target{0.0, 1e100},
        Target{1e30, 1e30}, Target{0.0, 1e-30}, Target{-3e6, 1e-3}}) {
    const Scratch scratch;
    const std::string data = scratch.write(
        "x.csv", table("t,y", 400, [&, offset = offset, scale = scale](int i) {
          return std::vector<double>{spread(i), offset + scale * std::sin(3.0 * spread(i))};
        }));
    INFO("offset " << offset << ", scale " << scale);
    for (const char* solver : {"cholesky", "iterative"}) {
      const Outcome fitted =
          fit(data, scratch.path("m"), fixed({"--solver", solver, "--ridge", "1e-7"}));
      INFO(fitted.err);
      REQUIRE(fitted.status == 0);
      CHECK(metric(data, scratch.path("m"), 2) > 0.999);
      CHECK(metric(data, scratch.path("m"), 0) < 0.01 * scale);
    }
  }
}

TEST_CASE("the score of a search is not that of a constant target", "[fit][range]") {
  const Scratch scratch;
  const std::string data = scratch.write(
      "x.csv", table("t,y", 200, [](int i) {
        const double noise = spread(i, 0.7548776662466927);
        return std::vector<double>{spread(i), 1.6e9 + 30.0 * std::sin(3.0 * spread(i)) + noise};
      }));
  const Outcome fitted = fit(data, scratch.path("m"), {"--target", "y", "--frequencies", "16"});
  REQUIRE(fitted.status == 0);
  // The noise has a variance of 1/3, the signal one of about 30^2 / 2.
  const auto score = Json::parse(fitted.out)["search"]["score"].get<double>();
  CHECK(score > 2e-4);
  CHECK(score < 5e-3);
}

TEST_CASE("a target out of range is refused at once, where it stands", "[fit][range]") {
  const Scratch scratch;
  std::string rows = table("t,y", 30, [](int i) {
    return std::vector<double>{spread(i), std::sin(spread(i))};
  });
  const Outcome outcome =
      fit(scratch.write("x.csv", rows + "0.5,1e200\n"), scratch.path("m"), {"--target", "y"});
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.err, Contains("x.csv: line 32, column 2 ('y')") && Contains("1e+200"));
  CHECK(scratch.list() == std::vector<std::string>{"x.csv"});
}

TEST_CASE("a model can be read whatever numbers its inputs were", "[fit][range]") {
  for (const double absurd : {1e160, 1.79769313486e+308, -1.79769313486e+308}) {
    const Scratch scratch;
    const std::string data =
        scratch.write("x.csv", table("t,u,y", 300, [&](int i) {
                        return std::vector<double>{spread(i), i == 100 ? absurd : spread(i, 0.7549),
                                                   std::sin(3.0 * spread(i))};
                      }));
    REQUIRE(fit(data, scratch.path("m"), kFixed).status == 0);
    CHECK(metric(data, scratch.path("m"), 2) > 0.9);
  }
  // A spread whose square is no number is a spread all the same.
  for (const double scale : {1e-310, 1e-200, 1e-170, 1e160, 1e300}) {
    const Scratch scratch;
    const std::string data =
        scratch.write("x.csv", table("t,y", 300, [&](int i) {
                        return std::vector<double>{scale * spread(i), std::sin(3.0 * spread(i))};
                      }));
    REQUIRE(fit(data, scratch.path("m"), kFixed).status == 0);
    INFO("scale " << scale);
    CHECK(metric(data, scratch.path("m"), 2) > 0.999);
  }
}

TEST_CASE("a column that is constant up to rounding says nothing", "[fit][range]") {
  const Scratch scratch;
  const auto rows = [](double most, double rest) {
    return [=](int i) {
      return std::vector<double>{spread(i), i % 10 == 3 ? rest : most, std::sin(3.0 * spread(i))};
    };
  };
  const std::string train = scratch.write("train.csv", table("t,c,y", 200, rows(0.3, 0.1 + 0.2)));
  const std::string test = scratch.write("test.csv", table("t,c,y", 100, rows(0.35, 0.35)));
  const Outcome fitted = fit(train, scratch.path("m"), kFixed);
  REQUIRE(fitted.status == 0);
  CHECK(Json::parse(fitted.out)["input"]["constant_columns"] == Json{"c"});
  CHECK(metric(test, scratch.path("m"), 0) < 0.05);
}
