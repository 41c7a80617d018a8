// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"
#include "io/row_reader.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <sstream>
#include <string>
#include <vector>

using namespace bochner::test;
using bochner::Index;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Json = nlohmann::json;

namespace {

using Arguments = std::vector<std::string>;

/// Points of the plane in three rings, whose names are words; one in 20 has another ring's.
std::string rings(int rows, unsigned seed) {
  const std::vector<std::string> names = {"inner", "outer", "\"the middle, one\""};
  std::minstd_rand random(seed);
  const auto uniform = [&] { return static_cast<double>(random() % 10000) / 10000.0; };
  std::ostringstream out;
  out << "x,ring,y\n";
  for (int i = 0; i < rows; ++i) {
    const auto ring = static_cast<std::size_t>(random() % 3);
    const double radius = static_cast<double>(ring) + uniform();
    const double angle = 6.283 * uniform();
    const std::size_t name = uniform() < 0.05 ? (ring + 1) % 3 : ring;
    out << radius * std::cos(angle) << ',' << names[name] << ',' << radius * std::sin(angle)
        << '\n';
  }
  return out.str();
}

Outcome fit(const Scratch& scratch, const std::string& data, const Arguments& more) {
  Arguments arguments = {"fit",
                         "--data",
                         data,
                         "--target",
                         "ring",
                         "--task",
                         "classify",
                         "--frequencies",
                         "64",
                         "--lengthscale",
                         "median",
                         "-o",
                         scratch.path("m")};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_bochner(arguments);
}

Json evaluate(const Scratch& scratch, const std::string& data) {
  const Outcome outcome =
      run_bochner({"evaluate", "--data", data, "--model", scratch.path("m"), "--json"});
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  return Json::parse(outcome.out);
}

}  // namespace

TEST_CASE("logistic regression gives probabilities of classes that are words", "[fit][classify]") {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", rings(400, 1));
  const std::string test = scratch.write("test.csv", rings(300, 2));
  const Outcome fitted = fit(scratch, train, {"--loss", "logistic", "--validate", "3-fold"});
  REQUIRE(fitted.err.empty());
  CHECK_THAT(fitted.out,
             Contains("classes   3") && Contains("3-fold log loss") && Contains("newton"));

  const Outcome probabilities =
      run_bochner({"predict", "--data", test, "--model", scratch.path("m"), "--probabilities", "-o",
                   scratch.path("p.npy")});
  REQUIRE(probabilities.err.empty());
  const auto p = bochner::io::read_all<double>(*bochner::io::open_rows(scratch.path("p.npy")));
  REQUIRE(p.rows() == 300);
  REQUIRE(p.cols() == 3);
  const Outcome predicted = run_bochner({"predict", "--data", test, "--model", scratch.path("m")});
  const std::vector<std::string> named = lines(predicted.out);
  REQUIRE(named.size() == 301);
  CHECK(named.front() == "ring");
  // By hand: the loss, the errors, and that the likeliest is the one that is named.
  const std::vector<std::string> names = {"inner", "outer", "\"the middle, one\""};
  const std::vector<std::string> rows = lines(rings(300, 2));
  double loss = 0.0;
  int wrong = 0;
  for (Index i = 0; i < 300; ++i) {
    CHECK(p(i, 0) + p(i, 1) + p(i, 2) == Approx(1.0).epsilon(1e-5));
    const double* const row = p.row(i);
    const auto best = static_cast<std::size_t>(std::max_element(row, row + 3) - row);
    CHECK(named[static_cast<std::size_t>(i) + 1] == names[best]);
    for (std::size_t c = 0; c < 3; ++c) {
      if (rows[static_cast<std::size_t>(i) + 1].find(names[c]) == std::string::npos) continue;
      loss -= std::log(row[c]) / 300.0;
      wrong += c == best ? 0 : 1;
    }
  }
  const Json metrics = evaluate(scratch, test)["metrics"];
  CHECK(metrics[0]["metric"] == "error rate");
  CHECK(metrics[0]["value"].get<double>() == Approx(wrong / 300.0));
  CHECK(metrics[0]["value"] < 0.2);
  CHECK(metrics[1]["value"].get<double>() == Approx(1.0 - wrong / 300.0));
  CHECK(metrics[2]["metric"] == "log loss");
  CHECK(metrics[2]["value"].get<double>() == Approx(loss).epsilon(1e-6));
  CHECK(metrics[2]["low"] < metrics[2]["value"]);
  CHECK(metrics[2]["high"] > metrics[2]["value"]);
  // ln 3 is what knowing nothing costs.
  CHECK(metrics[2]["high"] < std::log(3.0));
}

TEST_CASE("least squares classifies words, has no probabilities, and counts the unknown",
          "[fit][classify]") {
  const Scratch scratch;
  const std::string train = scratch.write("train.csv", rings(400, 3));
  REQUIRE(fit(scratch, train, {"--ridge", "1e-5"}).err.empty());
  const std::string test = scratch.write("test.csv", rings(100, 4) + "1,nowhere,2\n1,nowhere,3\n");
  const Outcome evaluated = run_bochner({"evaluate", "--data", test, "--model", scratch.path("m"),
                                         "--report", scratch.path("report")});
  CHECK_THAT(evaluated.out, Contains("# 2 rows are of classes that the model does not know"));
  CHECK_THAT(
      slurp(scratch.path("report/confusion.csv")),
      StartsWith("true,inner,outer,\"the middle, one\"\n") && Contains("(unknown to the model),"));
  CHECK(evaluate(scratch, test)["rows_of_unknown_classes"] == 2);
  const auto refused = [&](const Arguments& more) {
    Arguments arguments = {"predict", "--data", test, "--model", scratch.path("m")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run_bochner(arguments);
    CHECK(outcome.status != 0);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  CHECK_THAT(refused({"--probabilities"}), Contains("--task classify --loss logistic"));
  CHECK_THAT(refused({"--variance"}), Contains("holds no posterior"));
  CHECK_THAT(refused({"-o", scratch.path("y.npy")}), Contains("the classes are words"));
  // Words are numbered from 1 for linear learners, in the model's order.
  const Outcome features = run_bochner({"features", "--data", train, "--model", scratch.path("m")});
  REQUIRE(features.err.empty());
  const std::vector<std::string> rows = lines(rings(400, 3));
  const std::vector<std::string> labels = lines(features.out);
  REQUIRE(labels.size() == 400);
  for (std::size_t i = 0; i < 400; ++i) {
    const char expected = rows[i + 1].find("inner") != std::string::npos   ? '1'
                          : rows[i + 1].find("outer") != std::string::npos ? '2'
                                                                           : '3';
    CHECK(labels[i].front() == expected);
  }
  CHECK_THAT(run_bochner({"features", "--data", test, "--model", scratch.path("m")}).err,
             Contains("a class that the model does not know"));
}

TEST_CASE("odd sets of classes are fitted or refused", "[fit][classify][bad]") {
  const Scratch scratch;
  // A class of one row is a class.
  const std::string lone = scratch.write("lone.csv", rings(60, 5) + "9,lonely,9\n");
  CHECK(fit(scratch, lone, {"--ridge", "1e-5"}).err.empty());
  CHECK(fit(scratch, lone, {"--ridge", "1e-5", "--loss", "logistic"}).err.empty());
  const std::string latin = scratch.write("latin.csv", rings(20, 5) + "9,gr\xfcn,9\n");
  CHECK_THAT(fit(scratch, latin, {}).err, Contains("class 'gr\\xfcn' is not UTF-8"));
  const std::string one = scratch.write("one.csv", "x,y,ring\n1,2,red\n2,3,red\n");
  for (const char* loss : {"squared", "logistic"}) {
    const Outcome outcome = fit(scratch, one, {"--loss", loss});
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, Contains("'ring' is always red, expected two classes or more"));
  }
  std::string many = "x,y,ring\n";
  for (int i = 0; i <= 1000; ++i)
    many += "1," + std::to_string(i) + ",w" + std::to_string(i) + "\n";
  CHECK_THAT(fit(scratch, scratch.write("many.csv", many), {}).err, Contains("not classes"));
  CHECK_THAT(fit(scratch, scratch.write("gap.csv", "x,y,ring\n1,2,red\n1,2,\n"), {}).err,
             Contains("line 3, column 3 ('ring'): is empty"));
}

TEST_CASE("variances come with predictions, and both as an array", "[fit]") {
  const Scratch scratch;
  std::string text = "x,y\n";
  for (int i = 0; i < 200; ++i) {
    const double x = i / 50.0;
    text += std::to_string(x) + "," + std::to_string(std::sin(3.0 * x)) + "\n";
  }
  const std::string train = scratch.write("train.csv", text);
  const auto arguments = [&](const Arguments& more) {
    Arguments out = {"fit",           "--data", train,     "--target", "y",  "--frequencies",  "20",
                     "--lengthscale", "0.5",    "--ridge", "1e-4",     "-o", scratch.path("m")};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  };
  REQUIRE(run_bochner(arguments({"--posterior", "full"})).err.empty());
  const std::string test = scratch.write("test.csv", "x\n1\n2\n40\n");
  const auto predict = [&](const Arguments& more) {
    Arguments out = {"predict", "--data", test, "--model", scratch.path("m")};
    out.insert(out.end(), more.begin(), more.end());
    return run_bochner(out);
  };
  const Outcome both = predict({"--variance"});
  REQUIRE(both.err.empty());
  CHECK_THAT(both.out, StartsWith("y,y_variance\n"));
  REQUIRE(predict({"--variance", "-o", scratch.path("f.npy")}).err.empty());
  const auto f = bochner::io::read_all<double>(*bochner::io::open_rows(scratch.path("f.npy")));
  REQUIRE(f.rows() == 3);
  REQUIRE(f.cols() == 2);
  CHECK(f(0, 0) == Approx(std::sin(3.0)).margin(0.05));
  CHECK(f(0, 1) > 0.0);
  // Far from the rows nothing is known.
  CHECK(f(2, 1) > 100.0 * f(0, 1));
  const std::vector<std::string> cells = lines(both.out);
  CHECK(std::stod(cells[1].substr(cells[1].find(',') + 1)) == f(0, 1));
  CHECK(predict({"--variance", "--probabilities"}).status == 2);
  REQUIRE(run_bochner(arguments({})).err.empty());
  CHECK_THAT(predict({"--variance"}).err, Contains("fit with --posterior full"));
}
