// SPDX-License-Identifier: Apache-2.0
#include "bochner/pipeline/model.hpp"
#include "interface/cli/fit_table.hpp"
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using namespace bochner::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Json = nlohmann::json;

namespace {

/// t, u and y = sin(3 t).
std::vector<double> sine(int i) {
  return {spread(i), spread(i, 0.7549), std::sin(3.0 * spread(i))};
}

}  // namespace

TEST_CASE("predict and features carry columns along as the text they are", "[fit][keep]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", table("t,u,y", 60, sine));
  REQUIRE(fit(data, scratch.path("m"), kFixed).status == 0);
  const std::string named = scratch.write(
      "ids.csv", "id,t,u,y,note\n007,0.1,0.2,1,\"a, b\"\n1e5x,0.3,0.4,2,\"says \"\"no\"\"\"\n");
  const Arguments use = {"--data", named, "--model", scratch.path("m"), "--keep", "note,1"};
  Arguments predict = use;
  predict.insert(predict.begin(), "predict");
  const Outcome predicted = run_bochner(predict);
  INFO(predicted.err);
  REQUIRE(predicted.status == 0);
  const auto rows = lines(predicted.out);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0] == "note,id,y");
  CHECK_THAT(rows[1], StartsWith("\"a, b\",007,"));
  CHECK_THAT(rows[2], StartsWith("\"says \"\"no\"\"\",1e5x,"));
  Arguments features = use;
  features.insert(features.begin(), "features");
  const Outcome written = run_bochner(features);
  REQUIRE(written.status == 0);
  CHECK_THAT(lines(written.out)[0], StartsWith("1 1:") && Catch::Matchers::EndsWith(" # a, b,007"));
  // The comments are none of the data.
  CHECK(fit(scratch.write("f.svm", written.out + written.out), scratch.path("n"),
            {"--target", "label", "--lengthscale", "1", "--ridge", "1"})
            .status == 0);
  predict.insert(predict.end(), {"-o", scratch.path("p.npy")});
  CHECK(run_bochner(predict).status == 2);
}

TEST_CASE("a row that a model cannot take is named by its line", "[fit][range]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", table("t,u,y", 60, sine));
  REQUIRE(fit(data, scratch.path("m"), kFixed).status == 0);
  REQUIRE(fit(data, scratch.path("d"), fixed({"--precision", "double"})).status == 0);
  std::string rows = table("t,u,y", 5000, sine);
  for (const auto& [value, words] :
       {std::pair{"1e300", "line 5002, column 2 ('u'): 1e+300 is too far"},
        std::pair{"1e38", "line 5002: the row is too long for this map"}}) {
    const std::string far = scratch.write("far.csv", rows + "0," + value + ",0\n");
    for (const char* command : {"predict", "evaluate", "features"}) {
      const Outcome outcome = run_bochner({command, "--data", far, "--model", scratch.path("m")});
      INFO(command);
      CHECK(outcome.status == 1);
      CHECK_THAT(outcome.err, Contains("far.csv: ") && Contains(words));
    }
  }
  const std::string far = scratch.write("far.csv", rows + "0,1e300,0\n");
  CHECK_THAT(run_bochner({"predict", "--data", far, "--model", scratch.path("m")}).err,
             Contains("fit in double precision"));
}

TEST_CASE("a target without a name is a column all the same", "[fit][columns]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", table("t,", 60, [](int i) {
                                           return std::vector<double>{spread(i), spread(i)};
                                         }));
  REQUIRE(fit(data, scratch.path("m"),
              {"--target", "2", "--lengthscale", "1", "--ridge", "1e-3", "--header", "yes"})
              .status == 0);
  const Outcome predicted = run_bochner({"predict", "--data", data, "--model", scratch.path("m")});
  REQUIRE(predicted.status == 0);
  CHECK(lines(predicted.out).size() == 61);
  CHECK(!lines(predicted.out).front().empty());
}

TEST_CASE("evaluate reads once, so that a pipe will do", "[fit]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", table("t,u,y", 60, sine));
  REQUIRE(fit(data, scratch.path("m"), kFixed).status == 0);
  const Arguments rest = {"--model", scratch.path("m"), "--train", data, "--json"};
  Arguments file = {"evaluate", "--data", data};
  Arguments pipe = {"evaluate", "--data", "-"};
  file.insert(file.end(), rest.begin(), rest.end());
  pipe.insert(pipe.end(), rest.begin(), rest.end());
  const Outcome expected = run_bochner(file);
  INFO(expected.err);
  REQUIRE(expected.status == 0);
  const Outcome found = shell("cat '" + data + "' | " + command_line(pipe));
  INFO(found.err);
  REQUIRE(found.status == 0);
  CHECK(Json::parse(found.out)["metrics"] == Json::parse(expected.out)["metrics"]);
  CHECK(Json::parse(found.out)["metrics"].size() == 9);
}

TEST_CASE("baselines are weighted as the model is", "[fit][weights]") {
  const Scratch scratch;
  const auto weighted = [](int i) {
    std::vector<double> row = sine(i);
    row.push_back(i % 3);
    return row;
  };
  const std::string data = scratch.write("x.csv", table("t,u,y,w", 90, weighted));
  std::string repeated = "t,u,y,w\n";
  const auto rows = lines(slurp(data));
  for (int i = 0; i < 90; ++i) {
    for (int k = 0; k < i % 3; ++k) repeated += rows[static_cast<std::size_t>(i) + 1] + "\n";
  }
  const std::string often = scratch.write("often.csv", repeated);
  REQUIRE(fit(data, scratch.path("m"), fixed({"--weights", "w"})).status == 0);
  const std::string test = scratch.write("test.csv", table("t,u,y,w", 40, [&](int i) {
                                           std::vector<double> row = sine(1000 + i);
                                           row.push_back(1.0);
                                           return row;
                                         }));
  const auto baseline = [&](const std::string& train, const Arguments& more) {
    Arguments arguments = {"evaluate",        "--data",  test,  "--model",
                           scratch.path("m"), "--train", train, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Json::parse(run_bochner(arguments).out)["metrics"];
  };
  const Json a = baseline(data, {"--weights", "w"});
  const Json b = baseline(often, {});
  for (const std::size_t m : {3, 4, 5, 6, 7, 8}) {
    CHECK(a[m]["value"].get<double>() == Approx(b[m]["value"].get<double>()).epsilon(1e-6));
  }
}

TEST_CASE("errors of 1e200 are no infinity", "[fit][range]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", table("t,u,y", 60, sine));
  REQUIRE(fit(data, scratch.path("m"), kFixed).status == 0);
  const std::string absurd = scratch.write("absurd.csv", "t,u,y\n0,0,1e200\n0,0,-1e200\n");
  CHECK(metric(absurd, scratch.path("m"), 0) == Approx(1e200).epsilon(1e-12));
  CHECK(metric(absurd, scratch.path("m"), 1) == Approx(1e200).epsilon(1e-12));
}

TEST_CASE("a model on some svmlight columns reads its own file, on all of them none that is wider",
          "[fit][columns]") {
  const Scratch scratch;
  const auto svm = [&](const std::string& name, const std::string& last) {
    std::string text;
    for (int i = 0; i < 40; ++i) {
      text += std::to_string(std::sin(3.0 * spread(i))) + " 1:" + std::to_string(spread(i)) +
              " 2:" + std::to_string(spread(i, 0.7549)) + last + "\n";
    }
    return scratch.write(name, text);
  };
  const std::string narrow = svm("narrow.svm", "");
  const std::string own = svm("own.svm", " 3:1.5");
  const std::string wide = svm("wide.svm", " 3:1.5 4:2");
  const auto use = [&](const char* command, const std::string& data, const Arguments& more = {}) {
    Arguments arguments = {command, "--data", data, "--model", scratch.path("m")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_bochner(arguments);
  };
  const auto fit_own = [&](const Arguments& more) {
    Arguments arguments = {"--lengthscale", "1", "--ridge", "1e-3", "--frequencies", "8"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome fitted = fit(own, scratch.path("m"), arguments);
    INFO(fitted.err);
    REQUIRE(fitted.status == 0);
  };
  fit_own({"--target", "label", "--columns", "2,3"});
  const std::string expected = use("predict", own).out;
  for (const std::string& data : {narrow, own, wide}) {
    INFO(data);
    for (const char* command : {"evaluate", "features"}) CHECK(use(command, data).status == 0);
    CHECK(use("predict", data).out == expected);
  }
  fit_own({"--target", "label", "--weights", "x3"});
  CHECK(use("evaluate", own, {"--weights", "x3"}).status == 0);
  CHECK(use("evaluate", own).status == 0);
  for (const Arguments& all : {Arguments{"--target", "label"}, Arguments{"--target", "x3"}}) {
    fit_own(all);
    for (const char* command : {"evaluate", "predict", "features"}) {
      INFO(command);
      CHECK(use(command, own).status == 0);
      CHECK(use(command, narrow).status == 0);
      const Outcome refused = use(command, wide);
      CHECK(refused.status == 1);
      CHECK_THAT(refused.err, Contains("'4:2': expected indices up to 3"));
      CHECK(use(command, wide, {"--width", "4"}).status == 0);
    }
  }
}

TEST_CASE("a model that is not finite is refused as any archive is", "[fit][range]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", table("t,u,y", 60, sine));
  REQUIRE(fit(data, scratch.path("m"), kFixed).status == 0);
  auto model = bochner::pipeline::load_model(scratch.path("m"));
  model.standardisation.centre[1] = std::nan("");
  CHECK_THROWS_WITH(bochner::pipeline::to_archive(model),
                    StartsWith("archive: input_centre: row 0, column 1 is nan"));
}
