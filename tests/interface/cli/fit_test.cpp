// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <sstream>
#include <string>
#include <vector>

using namespace bochner::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

using Arguments = std::vector<std::string>;

/// y = sin(a) + b / 2 plus a little noise, and its sign as a class.
std::string table(int rows, unsigned seed) {
  std::minstd_rand random(seed);
  const auto uniform = [&] { return static_cast<double>(random() % 10000) / 5000.0 - 1.0; };
  std::ostringstream out;
  out << "a,b,y,sign\n";
  for (int i = 0; i < rows; ++i) {
    const double a = 3.0 * uniform();
    const double b = uniform();
    const double y = std::sin(a) + b / 2.0;
    out << a << ',' << b << ',' << y + 0.01 * uniform() << ',' << (y > 0.0 ? 1 : -1) << '\n';
  }
  return out.str();
}

Arguments fit(const std::string& data, const std::string& model, const Arguments& more = {},
              const std::string& frequencies = "64") {
  Arguments out = {"fit",  "--data",        data,        "--target", "y",  "--skip-columns",
                   "sign", "--frequencies", frequencies, "-o",       model};
  const Arguments fixed = {"--ridge", "1e-6", "--lengthscale", "median"};
  for (std::size_t i = 0; i < fixed.size(); i += 2) {
    if (std::find(more.begin(), more.end(), fixed[i]) != more.end()) continue;
    out.insert(out.end(), {fixed[i], fixed[i + 1]});
  }
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

}  // namespace

TEST_CASE("fit, predict and evaluate agree with each other", "[fit]") {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", table(2000, 1));
  const std::string test = scratch.write("test.csv", table(500, 2));
  const std::string model = scratch.path("m.safetensors");
  const Outcome fitted = run_bochner(fit(train, model));
  REQUIRE(fitted.err.empty());
  REQUIRE(fitted.status == 0);
  CHECK_THAT(fitted.out, Contains("2000 rows, 2 inputs") && Contains("rows/s"));
  CHECK(scratch.list() == std::vector<std::string>{"m.safetensors", "test.csv", "train.csv"});

  const Outcome evaluated = run_bochner(
      {"evaluate", "--data", test, "--model", model, "--json", "--report", scratch.path("report")});
  REQUIRE(evaluated.status == 0);
  const auto report = nlohmann::json::parse(evaluated.out);
  const auto& rmse = report["metrics"][0];
  CHECK(rmse["metric"] == "RMSE");
  CHECK(rmse["value"] < 0.05);
  CHECK(rmse["low"] < rmse["value"]);
  CHECK(rmse["high"] > rmse["value"]);
  CHECK(report["metrics"][2]["value"] > 0.99);
  CHECK_THAT(slurp(scratch.path("report/predicted.svg")), Contains("<svg"));

  // The error by hand, from the predictions, whatever else is in the file and in which order.
  const Outcome predicted = run_bochner({"predict", "--data", test, "--model", model});
  REQUIRE(predicted.status == 0);
  std::istringstream predictions(predicted.out);
  std::istringstream rows(table(500, 2));
  std::string line;
  std::getline(predictions, line);
  CHECK(line == "y");
  std::getline(rows, line);
  double squares = 0.0;
  int count = 0;
  for (std::string f; std::getline(predictions, f) && std::getline(rows, line); ++count) {
    std::istringstream cells(line);
    std::string cell;
    for (int c = 0; c < 3; ++c) std::getline(cells, cell, ',');
    squares += std::pow(std::stod(cell) - std::stod(f), 2);
  }
  CHECK(count == 500);
  CHECK(rmse["value"].get<double>() == Approx(std::sqrt(squares / 500)).epsilon(1e-12));
}

TEST_CASE("classes are predicted", "[fit]") {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", table(2000, 3));
  const std::string model = scratch.path("m");
  const Outcome fitted = run_bochner({"fit", "--data", train, "--target", "sign", "--skip-columns",
                                      "y", "--task", "classify", "--frequencies", "64", "--ridge",
                                      "1e-6", "--lengthscale", "median", "-o", model});
  REQUIRE(fitted.err.empty());
  CHECK_THAT(fitted.out, Contains("classes   2"));
  const std::string test = scratch.write("test.csv", table(500, 4));
  const Outcome evaluated = run_bochner({"evaluate", "--data", test, "--model", model, "--json"});
  REQUIRE(evaluated.status == 0);
  const auto rate = nlohmann::json::parse(evaluated.out)["metrics"][0];
  CHECK(rate["metric"] == "error rate");
  CHECK(rate["value"] < 0.06);
  const Outcome predicted = run_bochner({"predict", "--data", test, "--model", model});
  CHECK_THAT(predicted.out, StartsWith("sign\n"));
  CHECK(predicted.out.find_first_not_of("sign\n-1") == std::string::npos);
}

TEST_CASE("a model does not depend on threads, nor on checkpoints", "[fit]") {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", table(5000, 5));
  REQUIRE(run_bochner(fit(train, scratch.path("one"), {"--threads", "1"})).status == 0);
  REQUIRE(run_bochner(fit(train, scratch.path("three"), {"--threads", "3"})).status == 0);
  REQUIRE(run_bochner(fit(train, scratch.path("often"), {"--checkpoint-seconds", "1e-9"})).status ==
          0);
  CHECK(slurp(scratch.path("one")) == slurp(scratch.path("three")));
  CHECK(slurp(scratch.path("one")) == slurp(scratch.path("often")));
}

TEST_CASE("what is left open is searched for, and a resumed fit does not search again", "[fit]") {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", table(600, 15));
  const auto arguments = [&](const std::string& model, const Arguments& more) {
    Arguments out = {
        "fit",           "--data", train,        "--target", "y",  "--skip-columns",   "sign",
        "--frequencies", "32",     "--validate", "3-fold",   "-o", scratch.path(model)};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  };
  const Outcome fitted = run_bochner(arguments("m", {"--json"}));
  REQUIRE(fitted.err.empty());
  const auto report = nlohmann::json::parse(fitted.out);
  CHECK(report["search"]["candidates"] > 1);
  CHECK(report["search"]["score"] < 0.01);
  CHECK_THAT(report["map"].get<std::string>(), Contains("diagonal"));
  const std::string test = scratch.write("test.csv", table(500, 16));
  const Outcome evaluated =
      run_bochner({"evaluate", "--data", test, "--model", scratch.path("m"), "--json"});
  CHECK(nlohmann::json::parse(evaluated.out)["metrics"][0]["value"] < 0.03);
  // Groups are columns, inputs or not.
  const Outcome grouped = run_bochner({"fit", "--data", train, "--target", "y", "--groups", "sign",
                                       "--skip-columns", "sign", "--frequencies", "8", "--validate",
                                       "2-fold", "-o", scratch.path("g"), "--json"});
  REQUIRE(grouped.err.empty());
  CHECK(nlohmann::json::parse(grouped.out)["search"]["groups"] == 2);
}

TEST_CASE("features are written as svmlight, with which a linear model is the model", "[fit]") {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", table(40, 17));
  REQUIRE(run_bochner(fit(train, scratch.path("m"))).status == 0);
  const Outcome features = run_bochner({"features", "--data", train, "--model", scratch.path("m"),
                                        "-o", scratch.path("f.svm"), "--json"});
  REQUIRE(features.err.empty());
  CHECK(nlohmann::json::parse(features.out)["input"]["rows"] == 40);
  const std::string text = slurp(scratch.path("f.svm"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 40);
  CHECK(std::count(text.begin(), text.end(), ':') == 40 * 128);
  // What was written can be learned from.
  const Outcome linear = run_bochner({"fit", "--data", scratch.path("f.svm"), "--target", "label",
                                      "--frequencies", "16", "--ridge", "1e-3", "--lengthscale",
                                      "median", "-o", scratch.path("l"), "--json"});
  REQUIRE(linear.err.empty());
  CHECK(nlohmann::json::parse(linear.out)["input"]["columns"].size() == 128);
  CHECK(run_bochner({"features", "--data", train, "--model", scratch.path("m"), "--json"}).status ==
        2);
}

namespace {

/// Kills `fit` again and again, at moments drawn from `seed`, until it gets through.
void kill_and_resume(int kills, unsigned seed) {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", table(60000, 6));
  const auto arguments = [&](const std::string& model) {
    return fit(train, scratch.path(model), {"--checkpoint-seconds", "1e-9", "--resume"}, "200");
  };
  REQUIRE(run_bochner(arguments("whole")).status == 0);
  const std::string expected = slurp(scratch.path("whole"));
  std::minstd_rand random(seed);
  int killed = 0;
  int finished = 0;
  while (killed < kills) {
    const double wait = 0.01 + 0.4 * static_cast<double>(random() % 1000) / 1000.0;
    const Outcome outcome =
        shell("timeout -s KILL " + std::to_string(wait) + " " + command_line(arguments("model")));
    if (outcome.status == 0) {
      ++finished;
      REQUIRE(slurp(scratch.path("model")) == expected);
      ::unlink(scratch.path("model").c_str());
    } else {
      REQUIRE(outcome.status == 137);
      ++killed;
    }
  }
  const Outcome last = run_bochner(arguments("model"));
  INFO(last.err);
  REQUIRE(last.status == 0);
  CHECK(slurp(scratch.path("model")) == expected);
}

}  // namespace

TEST_CASE("a fit that is killed resumes to the same bits", "[fit]") { kill_and_resume(12, 7); }

TEST_CASE("a fit that is killed 200 times resumes to the same bits", "[.long]") {
  kill_and_resume(200, 8);
}

TEST_CASE("an interrupt leaves a checkpoint that goes on to the same bits", "[fit][interrupt]") {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", table(60000, 9));
  const auto arguments = [&](const std::string& model, const Arguments& more) {
    return fit(train, scratch.path(model), more, "256");
  };
  REQUIRE(run_bochner(arguments("whole", {})).status == 0);
  const std::string begun = scratch.path("model.checkpoint1");
  // Job control, without which a shell's background jobs ignore interrupts.
  const Outcome outcome =
      shell("set -m; " + command_line(arguments("model", {"--checkpoint-seconds", "1e-9"})) +
            " & job=$!; while [ ! -e '" + begun +
            "' ] && kill -0 $job; do sleep 0.005; done; kill -INT $job; wait $job");
  REQUIRE(outcome.status == 130);
  CHECK_THAT(outcome.err, Contains("the same command with --resume goes on"));
  CHECK(outcome.out.empty());
  CHECK(::access(scratch.path("model").c_str(), F_OK) != 0);
  // Without --resume nothing is overwritten; another run is refused; this one goes on.
  const Outcome again = run_bochner(arguments("model", {}));
  CHECK(again.status == 1);
  CHECK_THAT(again.err, Contains("an unfinished run is there"));
  const Outcome other = run_bochner(arguments("model", {"--resume", "--seed", "2"}));
  CHECK(other.status == 1);
  CHECK_THAT(other.err, Contains("belongs to another run"));
  const std::string changed = scratch.write("changed.csv", table(60000, 10));
  const Outcome data = run_bochner(fit(changed, scratch.path("model"), {"--resume"}, "256"));
  CHECK(data.status == 1);
  CHECK_THAT(data.err, Contains("belongs to another run"));
  const Outcome on = run_bochner(arguments("model", {"--resume"}));
  REQUIRE(on.status == 0);
  CHECK_THAT(on.out, Contains("rows of a checkpoint"));
  CHECK(slurp(scratch.path("model")) == slurp(scratch.path("whole")));
  CHECK(scratch.list() == std::vector<std::string>{"changed.csv", "model", "train.csv", "whole"});
}

TEST_CASE("a damaged checkpoint falls back on the older one, then is refused", "[fit]") {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", table(60000, 11));
  const Arguments often = {"--checkpoint-seconds", "1e-9", "--resume"};
  REQUIRE(run_bochner(fit(train, scratch.path("whole"), often)).status == 0);
  const std::string one = scratch.path("model.checkpoint1");
  const std::string two = scratch.path("model.checkpoint0");
  // Stops itself in the middle: killed as soon as both slots are there.
  shell(command_line(fit(train, scratch.path("model"), often)) +
        " & job=$!; for i in $(seq 4000); do [ -e '" + two +
        "' ] && break; sleep 0.001; done; kill -KILL $job; wait $job");
  if (::access(scratch.path("model").c_str(), F_OK) == 0) {
    WARN("the fit was done before it could be killed");
    return;
  }
  REQUIRE(::access(one.c_str(), F_OK) == 0);
  const std::string good = slurp(one);
  scratch.write("model.checkpoint0", slurp(two).substr(0, 1000));
  const Outcome fallback = run_bochner(fit(train, scratch.path("model"), often));
  INFO(fallback.err);
  CHECK(fallback.status == 0);
  CHECK(slurp(scratch.path("model")) == slurp(scratch.path("whole")));
  scratch.write("model.checkpoint0", "x");
  const Outcome damaged = run_bochner(fit(train, scratch.path("model"), often));
  CHECK(damaged.status == 1);
  CHECK_THAT(damaged.err, Contains("model.checkpoint0: is too short"));
}

TEST_CASE("bad input to fit, predict and evaluate is refused with a sentence", "[fit][bad]") {
  struct Bad {
    std::string data;
    Arguments more;
    int status;
    std::string words;
  };
  const std::string good = table(50, 12);
  for (const Bad& bad : {
           Bad{"a,b,y,sign\n1,2,3,1\n1,2,nan,1\n", {}, 1, "line 3, column 3 ('y'): 'nan'"},
           Bad{"a,b,y,sign\n1,red,3,1\n", {}, 1, "line 2, column 2 ('b'): 'red' is not a number"},
           Bad{"a,b\xff,y,sign\n1,2,3,1\n", {}, 1, "column 'b\\xff' is not UTF-8"},
           Bad{"a,b,y,sign\n1,,3,1\n", {}, 1, "line 2, column 2 ('b'): is empty"},
           Bad{good + "1,2,3\n", {}, 1, "line 52: has 3 fields, expected 4 as in line 1"},
           Bad{"a,b,y,sign\n", {}, 1, "has no rows"},
           Bad{"", {}, 1, "is empty"},
           Bad{"a,b,sign\n1,2,3\n", {}, 1, "has no column 'y'"},
           Bad{"y,sign\n1,2\n", {}, 1, "no column is left"},
           Bad{good, {"--columns", "a,y"}, 1, "the target 'y' is among the inputs"},
           Bad{good, {"--ridge", "0"}, 2, "--ridge: '0' is not a positive number"},
           Bad{good, {"--ridge", "-1"}, 2, "--ridge: '-1' is not a positive number"},
           Bad{good, {"--ridge", "nan"}, 2, "--ridge: 'nan' is not a positive number"},
           Bad{good, {"--task", "rank"}, 2, "expected regress or classify, got 'rank'"},
           Bad{good, {"--loss", "hinge"}, 2, "expected squared or logistic, got 'hinge'"},
           Bad{good, {"--loss", "logistic"}, 2, "is for classes, expected --task classify"},
           Bad{good,
               {"--loss", "logistic", "--task", "classify", "--resume"},
               2,
               "a logistic regression has no checkpoints"},
           Bad{good, {"--posterior", "some"}, 2, "expected mean or full, got 'some'"},
           Bad{good, {"--posterior", "full", "--task", "classify"}, 2, "is of a regression"},
           Bad{good, {"--validate", "often"}, 2, "--validate: expected 5-fold"},
           Bad{good, {"--validate", "1-fold"}, 2, "--validate: '1' is not a whole number"},
           Bad{good,
               {"--groups", "station", "--lengthscale", "auto"},
               1,
               "has no column 'station'"},
           Bad{good,
               {"--kernel", "gaussian(metric=isotropic(lengthscale=1))", "--lengthscale", "auto"},
               2,
               "--lengthscale auto: the scale is said already"},
           Bad{good, {"--precision", "half"}, 2, "expected single or double, got 'half'"},
           Bad{good, {"--seed", "x"}, 2, "--seed: 'x' is not a whole number"},
           Bad{good, {"--checkpoint-seconds", "0"}, 2, "--checkpoint-seconds: '0'"},
           Bad{good, {"--lengthscale", "-2"}, 2, "--lengthscale: '-2'"},
       }) {
    const Scratch scratch;
    const std::string data = scratch.write("train.csv", bad.data);
    const Outcome outcome = run_bochner(fit(data, scratch.path("m"), bad.more));
    INFO(bad.words);
    CHECK(outcome.status == bad.status);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, StartsWith("bochner fit: ") && Contains(bad.words));
    CHECK(scratch.list() == std::vector<std::string>{"train.csv"});
  }
  const Scratch scratch;
  const std::string data = scratch.write("train.csv", "a,y,sign\n1,2,3\n2,3,3\n");
  const Outcome one = run_bochner(
      {"fit", "--data", data, "--target", "sign", "--task", "classify", "-o", scratch.path("m")});
  CHECK(one.status == 1);
  CHECK_THAT(one.err, Contains("the target 'sign' is always 3, expected two classes"));
  const Outcome pipe = run_bochner({"fit", "--data", "-", "--target", "y", "-o", "m"});
  CHECK_THAT(pipe.err, Contains("standard input: is empty"));
  CHECK_THAT(run_bochner(fit(data, "-")).err, Contains("the model is a file"));
  CHECK_THAT(run_bochner(fit(data, "/nowhere/m")).err, Contains("/nowhere/m: cannot create"));
}

TEST_CASE("a kernel brings features and frequencies that suit it", "[fit]") {
  const Scratch scratch;
  const std::string data = scratch.write("train.csv", table(80, 5));
  for (const auto& [kernel, map] :
       {std::pair{"gaussian", "projection=orthogonal(radii=sampled) features=trigonometric"},
        std::pair{"arc-cosine", "projection=orthogonal(radii=sampled) features=rectified"},
        std::pair{"product-laplacian", "projection=iid features=trigonometric"},
        std::pair{"polynomial(degree=2)", "projection=count-sketch features=tensor-sketch"},
        std::pair{"dot-product(coefficients=[1, 1])",
                  "projection=rademacher features=maclaurin(radius=1, exact=none)"}}) {
    const Arguments more = {"--kernel", kernel, "--lengthscale", "2", "--ridge", "1e-3"};
    const Outcome fitted = run_bochner(fit(data, scratch.path("m"), more, "32"));
    INFO(fitted.err);
    CHECK(fitted.status == 0);
    CHECK_THAT(fitted.out, Contains(map));
    CHECK(run_bochner({"predict", "--data", data, "--model", scratch.path("m")}).status == 0);
  }
}

TEST_CASE("a row that is too short is named at any depth", "[fit][bad]") {
  const Scratch scratch;
  std::string text = "a,y,sign\n";
  for (int i = 0; i < 1000000; ++i) text += i % 2 == 0 ? "1,2,1\n" : "3,4,1\n";
  const std::string data = scratch.write("train.csv", text + "1,2\n");
  const Outcome outcome = run_bochner(fit(data, scratch.path("m")));
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.err, Contains("line 1000002: has 2 fields, expected 3 as in line 1"));
}

TEST_CASE("a full disk leaves the old model", "[fit][bad]") {
  const Scratch scratch;
  const std::string data = scratch.write("train.csv", table(200, 13));
  REQUIRE(run_bochner(fit(data, scratch.path("m"))).status == 0);
  const std::string old = slurp(scratch.path("m"));
  const Outcome full = shell("trap '' XFSZ; ulimit -f 1; " +
                             command_line(fit(data, scratch.path("m"), {"--seed", "2"})));
  CHECK(full.status == 1);
  CHECK_THAT(full.err, EndsWith("m: cannot write: File too large\n"));
  CHECK(slurp(scratch.path("m")) == old);
  CHECK(scratch.list() == std::vector<std::string>{"m", "train.csv"});
}

TEST_CASE("a file that is no model, and data that do not fit one, are refused", "[fit][bad]") {
  const Scratch scratch;
  const std::string data = scratch.write("train.csv", table(200, 14));
  REQUIRE(run_bochner(fit(data, scratch.path("m"))).status == 0);
  const std::string whole = slurp(scratch.path("m"));
  const auto predict = [&](const std::string& file, const std::string& model) {
    return run_bochner({"predict", "--data", file, "--model", model});
  };
  CHECK(predict(data, scratch.path("m")).status == 0);
  for (const std::size_t cut :
       {std::size_t{0}, std::size_t{7}, whole.size() / 2, whole.size() - 1}) {
    const Outcome outcome = predict(data, scratch.write("cut", whole.substr(0, cut)));
    CHECK(outcome.status == 1);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, Contains("cut: "));
  }
  CHECK_THAT(predict(data, data).err, Contains("not a file of bochner"));
  CHECK_THAT(predict(scratch.write("x.csv", "a,c\n1,2\n"), scratch.path("m")).err,
             Contains("has no column 'b'"));
  CHECK_THAT(predict(scratch.path("none"), scratch.path("m")).err, Contains("No such file"));
  const Outcome lacking = run_bochner(
      {"evaluate", "--data", scratch.write("x.csv", "a,b\n1,2\n"), "--model", scratch.path("m")});
  CHECK_THAT(lacking.err, Contains("has no column 'y'"));
}
