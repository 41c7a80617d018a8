// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/fit_table.hpp"
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

using namespace bochner::test;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

TEST_CASE("classes that take turns are all seen", "[fit][classify]") {
  for (const int classes : {2, 4}) {
    const Scratch scratch;
    const std::string data = scratch.write(
        "x.csv", table("t,k", 4000, [&](int i) {
          return std::vector<double>{spread(i, 0.7549) + 0.7 * (i % classes), 1.0 * (i % classes)};
        }));
    const Outcome fitted = fit(data, scratch.path("m"),
                               {"--target", "k", "--task", "classify", "--loss", "logistic",
                                "--lengthscale", "median", "--frequencies", "16"});
    INFO(fitted.err);
    REQUIRE(fitted.status == 0);
    CHECK(Json::parse(fitted.out)["classes"].size() == static_cast<std::size_t>(classes));
  }
}

TEST_CASE("columns of one name are told apart by their numbers", "[fit][columns]") {
  const Scratch scratch;
  const auto rows = [](int i) {
    const double a = spread(i);
    const double b = spread(i, 0.7549);
    return std::vector<double>{a, b, 0.5, std::sin(3.0 * a) + 10.0 * b};
  };
  const std::string data = scratch.write("x.csv", table("a,a,b,y", 200, rows));
  for (const Arguments& columns :
       {Arguments{"--target", "4"}, Arguments{"--target", "y", "--columns", "1-3"},
        Arguments{"--target", "4", "--skip-columns", "3"}}) {
    Arguments more = columns;
    more.insert(more.end(), {"--lengthscale", "median", "--ridge", "1e-6"});
    const Outcome fitted = fit(data, scratch.path("m"), more);
    INFO(fitted.err);
    REQUIRE(fitted.status == 0);
    CHECK(metric(data, scratch.path("m"), 2) > 0.99);
  }
  // The second column alone, among others of its name.
  REQUIRE(fit(data, scratch.path("two"), fixed({"--columns", "2"})).status == 0);
  REQUIRE(fit(data, scratch.path("one"), fixed({"--columns", "1"})).status == 0);
  CHECK(metric(data, scratch.path("two"), 2) > 0.9);
  CHECK(metric(data, scratch.path("one"), 2) < 0.5);
  // Where the names have moved, or are fewer, nothing is guessed.
  const auto refusal = [&](const std::string& text, const std::string& model) {
    const Outcome outcome = run_bochner(
        {"predict", "--data", scratch.write("other.csv", text), "--model", scratch.path(model)});
    CHECK(outcome.status == 1);
    return outcome.err;
  };
  CHECK_THAT(refusal("b,y,a,a\n1,2,3,4\n", "two"),
             Contains("has more than one column 'a', and column 2, where the model's was"));
  CHECK_THAT(refusal("a,b,y\n1,2,3\n", "m"), Contains("knows more than one of that name"));
  // Where one is left, it is that one.
  CHECK(run_bochner({"predict", "--data", scratch.write("single.csv", "b,a\n1,2\n"), "--model",
                     scratch.path("two")})
            .status == 0);
}

TEST_CASE("a file without names is used by the places of its columns", "[fit][columns]") {
  const Scratch scratch;
  std::string rows = table("", 100, [](int i) {
    return std::vector<double>{spread(i), std::sin(3.0 * spread(i)), 7.0};
  });
  rows.erase(0, 1);
  const std::string data = scratch.write("x.csv", rows);
  REQUIRE(fit(data, scratch.path("m"),
              {"--target", "1", "--columns", "2-3", "--lengthscale", "1", "--ridge", "1e-6"})
              .status == 0);
  // A header of numbers, in another order, changes nothing.
  const std::string named = scratch.write("named.csv", "3,1,2\n" + rows);
  const Arguments predict = {"predict", "--model", scratch.path("m"), "--data"};
  Arguments bare = predict;
  bare.push_back(data);
  Arguments headed = predict;
  headed.insert(headed.end(), {named, "--header", "yes"});
  const Outcome expected = run_bochner(bare);
  REQUIRE(expected.status == 0);
  CHECK(run_bochner(headed).out == expected.out);
  Arguments narrow = predict;
  narrow.push_back(scratch.write("narrow.csv", "1,2\n3,4\n"));
  CHECK_THAT(run_bochner(narrow).err,
             Contains("needs column 3") && Contains("is the target missing?"));
}

TEST_CASE("groups are words or numbers, and no inputs unless they are chosen", "[fit][groups]") {
  const Scratch scratch;
  std::string text = "a,station,y\n";
  for (int i = 0; i < 90; ++i) {
    const std::string name(1, static_cast<char>('p' + i % 3));
    text += std::to_string(spread(i)) + "," + name + "," +
            std::to_string(std::sin(3.0 * spread(i))) + "\n";
  }
  const std::string data = scratch.write("x.csv", text);
  const Arguments search = {"--target", "y", "--groups", "station", "--frequencies", "8"};
  const auto with = [&](const Arguments& more) {
    Arguments out = search;
    out.insert(out.end(), more.begin(), more.end());
    return out;
  };
  const Outcome fitted = fit(data, scratch.path("m"), with({"--validate", "3-fold"}));
  INFO(fitted.err);
  REQUIRE(fitted.status == 0);
  const Json report = Json::parse(fitted.out);
  CHECK(report["search"]["groups"] == 3);
  CHECK(report["input"]["columns"] == Json{"a"});
  const Outcome few = fit(data, scratch.path("m"), search);
  CHECK(few.status == 1);
  CHECK_THAT(few.err, Contains("the groups by 'station' are 3, and validation by 5 folds needs "
                               "at least one group per fold; expected 3 folds or fewer"));
  for (const char* criterion : {"gcv", "loo", "evidence"}) {
    const Outcome unused = fit(data, scratch.path("m"), with({"--validate", criterion}));
    CHECK(unused.status == 2);
    CHECK_THAT(unused.err, Contains("--groups: would change nothing") && Contains(criterion));
  }
  // Numbers may be both.
  const std::string numbers =
      scratch.write("n.csv", table("a,g,y", 90, [](int i) {
                      return std::vector<double>{spread(i), 1.0 * (i % 6), spread(i)};
                    }));
  const Outcome both =
      fit(numbers, scratch.path("m"),
          {"--target", "y", "--groups", "g", "--columns", "a,g", "--frequencies", "8"});
  INFO(both.err);
  REQUIRE(both.status == 0);
  CHECK(Json::parse(both.out)["input"]["columns"] == Json({"a", "g"}));
  CHECK(Json::parse(both.out)["search"]["groups"] == 6);
}

TEST_CASE("what cannot be fitted is said in the words of the command line", "[fit][bad]") {
  const Scratch scratch;
  const std::string five = scratch.write("five.csv", table("t,y", 5, [](int i) {
                                           return std::vector<double>{spread(i), 1.0 * i};
                                         }));
  const Outcome few = fit(five, scratch.path("m"), {"--target", "y"});
  CHECK(few.status == 1);
  CHECK_THAT(few.err, Contains("has 5 rows, and validation by 5 folds needs at least 10") &&
                          Contains("lengthscale and ridge"));
  const Outcome words =
      fit(scratch.write("w.csv", "a,k\n1,yes\n2,no\n"), scratch.path("m"), {"--target", "k"});
  CHECK_THAT(words.err, Contains("line 2, column 2 ('k'): 'yes' is not a number") &&
                            Contains("task=classify"));
  const Outcome input =
      fit(scratch.write("i.csv", "a,k\nred,1\n2,no\n"), scratch.path("m"), {"--target", "k"});
  CHECK_THAT(input.err,
             Contains("column 1 ('a'): 'red' is not a number") && !Contains("task=classify"));
}

TEST_CASE("a weight of two is a row that comes twice, and of none one that is absent",
          "[fit][weights]") {
  const Scratch scratch;
  const auto line = [](int i, double weight) {
    // Rows without weight are absurd.
    const double size = weight == 0.0 ? 1e300 : 1.0;
    std::ostringstream out;
    out.precision(17);
    out << size * spread(i) << ',' << weight << ',' << std::sin(3.0 * spread(i)) + 0.1 * (i % 3)
        << '\n';
    return out.str();
  };
  std::string weighted = "t,w,y\n";
  std::string repeated = "t,w,y\n";
  for (int i = 0; i < 300; ++i) {
    const int times = i % 3;
    weighted += line(i, times);
    for (int k = 0; k < times; ++k) repeated += line(i, 1.0);
  }
  const std::string once = scratch.write("weighted.csv", weighted);
  const std::string often = scratch.write("repeated.csv", repeated);
  const std::string test = scratch.write(
      "test.csv", table("t", 50, [](int i) { return std::vector<double>{spread(i, 0.7549)}; }));
  for (const char* solver : {"cholesky", "iterative"}) {
    const Arguments how = {"--target",      "y", "--weights", "w",    "--precision", "double",
                           "--lengthscale", "1", "--ridge",   "1e-4", "--solver",    solver};
    REQUIRE(fit(once, scratch.path("w"), how).status == 0);
    REQUIRE(fit(often, scratch.path("r"), how).status == 0);
    const auto predictions = [&](const std::string& model) {
      const Outcome outcome =
          run_bochner({"predict", "--data", test, "--model", scratch.path(model)});
      REQUIRE(outcome.status == 0);
      std::istringstream in(outcome.out);
      std::string header;
      std::getline(in, header);
      std::vector<double> out;
      for (double value = 0.0; in >> value;) out.push_back(value);
      return out;
    };
    const std::vector<double> a = predictions("w");
    const std::vector<double> b = predictions("r");
    REQUIRE(a.size() == 50);
    REQUIRE(b.size() == 50);
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a[i] - b[i]) < 1e-4);
  }
  CHECK(metric(once, scratch.path("w"), 0, {"--weights", "w"}) ==
        Approx(metric(often, scratch.path("w"), 0)).epsilon(1e-9));
  // Classes too.
  const std::string classes = scratch.write(
      "c.csv", table("t,w,k", 300, [](int i) {
        return std::vector<double>{spread(i), 1.0 * (i % 3), spread(i) > 0.0 ? 1.0 : 0.0};
      }));
  CHECK(fit(classes, scratch.path("k"),
            {"--target", "k", "--task", "classify", "--loss", "logistic", "--weights", "w",
             "--lengthscale", "1", "--ridge", "1e-3"})
            .status == 0);
  for (const char* bad : {"-1", "1e31", "1e-31"}) {
    const Outcome outcome =
        fit(scratch.write("bad.csv", std::string("t,w,y\n1,1,2\n2,") + bad + ",3\n"),
            scratch.path("m"), fixed({"--weights", "w"}));
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, Contains("line 3, column 2 ('w'): the weight is "));
  }
  CHECK_THAT(fit(scratch.write("none.csv", "t,w,y\n1,0,2\n2,0,3\n"), scratch.path("m"),
                 fixed({"--weights", "w"}))
                 .err,
             Contains("every weight is 0"));
}

TEST_CASE("what comes through a pipe is fitted as a file is", "[fit]") {
  const Scratch scratch;
  const std::string data =
      scratch.write("x.csv", table("t,y", 300, [](int i) {
                      return std::vector<double>{spread(i), std::sin(3.0 * spread(i))};
                    }));
  REQUIRE(fit(data, scratch.path("file"), kFixed).status == 0);
  const auto command = [&](const std::string& from, const std::string& model) {
    Arguments arguments = {"fit", "--data", from, "--frequencies", "64", "-o", scratch.path(model)};
    arguments.insert(arguments.end(), kFixed.begin(), kFixed.end());
    return command_line(arguments);
  };
  CHECK(shell("cat '" + data + "' | " + command("-", "pipe")).status == 0);
  CHECK(shell("cat '" + data + "' | " + command("/dev/stdin", "device")).status == 0);
  CHECK(shell("mkfifo '" + scratch.path("fifo") + "'; cat '" + data + "' > '" +
              scratch.path("fifo") + "' & timeout 60 " + command(scratch.path("fifo"), "fifo.m"))
            .status == 0);
  for (const char* model : {"pipe", "device", "fifo.m"}) {
    CHECK(slurp(scratch.path(model)) == slurp(scratch.path("file")));
  }
}

TEST_CASE("groups that a search finds in the data are said", "[fit][groups]") {
  // 60 stations of 12 rows, each known by two columns that are no function of one another.
  const Scratch scratch;
  const std::string data =
      scratch.write("x.csv", table("lon,lat,t,y", 720, [](int i) {
                      const int station = i / 12;
                      return std::vector<double>{spread(station), spread(station, 0.7549),
                                                 spread(i), std::sin(3.0 * spread(i))};
                    }));
  const Outcome fitted =
      fit(data, scratch.path("m"), {"--target", "y", "--frequencies", "8", "--ridge", "1e-3"});
  REQUIRE(fitted.status == 0);
  const Json search = Json::parse(fitted.out)["search"];
  CHECK(search["groups"] == 60);
  CHECK(search["group_columns"] == Json({"lon", "lat"}));
}
