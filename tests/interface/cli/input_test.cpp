// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace bochner::test;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

namespace {

using Words = std::vector<std::string>;

Words gram(const std::string& path, const Words& more = {}) {
  Words out = {"gram", "-i", path, "--frequencies", "8", "--lengthscale", "1"};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

/// What gram says it read.
Json input_of(const std::string& path, const Words& more = {}, const Setting& setting = {}) {
  Words arguments = gram(path, more);
  arguments.emplace_back("--json");
  const Outcome outcome = run_bochner(arguments, setting);
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  return Json::parse(outcome.out)["input"];
}

}  // namespace

TEST_CASE("what was found in a file is a line of the heading", "[cli][input]") {
  const Scratch scratch;
  const std::string csv = scratch.write("a.csv", "0,1,2\n.5,1,2\n.25,3,4\n.125,5,7\n");
  const std::string line = "# " + csv + ": CSV, comma, header of numbers, 3 columns\n";
  CHECK_THAT(run_bochner(gram(csv)).out, Contains(line));
  CHECK_THAT(run_bochner({"plan", "-i", csv, "--kernel", "gaussian"}).out, Contains(line));
  CHECK(input_of(csv)["rows"] == 3);
  CHECK(input_of(csv, {"--header", "no"})["rows"] == 4);
  CHECK(input_of(csv, {"--header", "no"})["layout"] == "CSV, comma, no header, 3 columns");
  const std::string pairs = scratch.write("p.csv", "1;0.5\n0.25;2\n");
  const Outcome variance =
      run_bochner({"variance", "--pairs", pairs, "--frequencies", "16", "--replicates", "2"});
  CHECK_THAT(variance.out, Contains("# " + pairs + ": CSV, semicolon, no header, 2 columns\n"));
}

TEST_CASE("a row that is too long is named where it stands in its file", "[cli][input][bad]") {
  const Scratch scratch;
  const auto refused = [&](const Words& arguments, const std::string& place) {
    const Outcome outcome = run_bochner(arguments);
    INFO(arguments.front() << ": " << outcome.err);
    CHECK(outcome.status == 1);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, Contains("bochner " + arguments.front() + ": " + place) &&
                                !Contains("row 0") && !Contains("_parameter"));
  };
  // The square of the fourth line's numbers, and that of a sum of two such, leave double.
  for (const std::string number : {"1e300", "1e154"}) {
    const std::string csv = scratch.write("a.csv", "a,b\n1,2\n3,4\n5," + number + "\n2,2\n");
    const std::string place = csv + ": line 4: the row is so long that its square";
    refused({"gram", "-i", csv}, place);
    refused({"gram", "-i", csv, "--lengthscale", "1", "--rows", "3"}, place);
    refused({"plan", "-i", csv}, place);
    refused({"plan", "-i", csv, "--kernel", "softmax"}, place);
    refused({"variance", "--pairs", csv, "--replicates", "2"}, place);
    refused({"plan", "--pairs", csv, "--error", "0.1"}, place);
  }
  // Blank lines are counted.
  refused({"gram", "-i", scratch.write("b.csv", "\n\n3,2\n5,1e300\n2,2\n")},
          scratch.path("b.csv") + ": line 4: ");
  // Only the kernel makes this one too long.
  const std::string csv = scratch.write("c.csv", "a,b\n1,2\n3,4\n5,1e140\n2,2\n");
  const std::string place = csv + ": line 4: the row is too long for this kernel";
  for (const std::string command : {"gram", "plan"}) {
    refused({command, "-i", csv, "--lengthscale", "1e-20"}, place);
  }
  refused({"gram", "-i", csv, "--lengthscale", "1e-20", "--certify"}, place);
}

TEST_CASE("the label of svmlight text is no input of gram, and it is said", "[cli][input]") {
  const Scratch scratch;
  const std::string svm = scratch.write("a.svm", "1\n-1 1:0.5 3:1\n1 2:1 5:0.25\n");
  CHECK(input_of(svm)["columns"] == 5);
  CHECK(input_of(svm)["layout"] == "svmlight, indices from 1, 5 columns; the label is left out");
  CHECK(input_of(svm, {"--columns", "label,x1"})["columns"] == 2);
  CHECK(input_of(svm, {"--width", "9"})["columns"] == 9);
  const std::string zero = scratch.write("b.svm", "1 0:0.5\n-1 2:1\n");
  CHECK_THAT(run_bochner(gram(zero)).err, Contains("line 1: '0:0.5'") && Contains("(zero-based"));
  CHECK(input_of(zero, {"--zero-based"})["column_names"] == Json({"x0", "x1", "x2"}));
  CHECK(input_of("-", {}, {.input = "1 1:0.5\n-1 2:1\n"})["columns"] == 2);
}

TEST_CASE("how a file is written may be said, in every command that reads rows", "[cli][input]") {
  const Scratch scratch;
  const std::string blanks = scratch.write("a.txt", "1.5  2\n3 4\n5 \t7\n");
  CHECK(input_of(blanks)["layout"] == "text, blanks, no header, 2 columns");
  const std::string commas = scratch.write("b.txt", "a;b\n1,5;2\n3;4,25\n");
  CHECK_THAT(run_bochner(gram(commas)).err, Contains("decimal=comma"));
  CHECK(input_of(commas, {"--decimal", "comma"})["rows"] == 2);
  CHECK(input_of(blanks, {"--delimiter", " "})["columns"] == 2);
  CHECK(input_of(blanks, {"--delimiter", "space", "--format", "csv"})["columns"] == 2);
  for (const auto& [option, value] :
       std::vector<std::pair<std::string, std::string>>{{"--format", "xls"},
                                                        {"--header", "maybe"},
                                                        {"--delimiter", "|"},
                                                        {"--decimal", "dot"},
                                                        {"--width", "0"}}) {
    const Outcome outcome = run_bochner(gram(blanks, {option, value}));
    CHECK(outcome.status == 2);
    CHECK_THAT(outcome.err, Contains(option + ": "));
  }
  for (const char* command :
       {"gram", "plan", "variance", "fit", "predict", "evaluate", "features"}) {
    const std::string help = run_bochner({command, "--help"}).out;
    for (const char* option :
         {"--format", "--header", "--delimiter", "--decimal", "--width", "--zero-based"}) {
      INFO(command << " " << option);
      CHECK_THAT(help, Contains(option));
    }
  }
}

TEST_CASE("an option that says nothing about the file is refused", "[cli][input]") {
  const Scratch scratch;
  const std::string csv = scratch.write("a.csv", "a,b\n1,2\n3,4.5\n");
  const std::string svm = scratch.write("a.svm", "1 1:0.5\n-1 2:1\n");
  for (const Words& words : {Words{"--width", "7"}, Words{"--zero-based"}}) {
    const Outcome outcome = run_bochner(gram(csv, words));
    CHECK(outcome.status == 2);
    CHECK_THAT(outcome.err, Contains(words[0] + ": is for svmlight text, and " + csv +
                                     " is CSV, comma, header, 2 columns"));
  }
  for (const Words& words :
       {Words{"--header", "yes"}, Words{"--delimiter", ";"}, Words{"--decimal", "comma"}}) {
    CHECK_THAT(run_bochner(gram(svm, words)).err,
               Contains(words[0] + ": is for text with a delimiter, and "));
  }
  CHECK(run_bochner({"variance", "--header", "no"}).status == 2);
}

TEST_CASE("files narrower than the model are read, wider ones refused by name", "[cli][input]") {
  const Scratch scratch;
  std::string text;
  for (int i = 0; i < 40; ++i) {
    text += std::to_string(i % 5) + " " + std::to_string(1 + i % 4) + ":0." + std::to_string(i) +
            " 5:1." + std::to_string(i % 7) + "\n";
  }
  const std::string train = scratch.write("train.svm", text);
  const std::string model = scratch.path("model");
  const Outcome fit = run_bochner({"fit", "-d", train, "--target", "label", "--frequencies", "8",
                                   "--lengthscale", "1", "--ridge", "0.1", "-o", model});
  INFO(fit.err);
  REQUIRE(fit.status == 0);
  const Outcome whole =
      run_bochner({"predict", "-m", model, "-d", scratch.write("w.svm", "0 1:0.5 5:0\n1 3:2\n")});
  const Outcome narrow =
      run_bochner({"predict", "-m", model, "-d", scratch.write("n.svm", "0 1:0.5\n1 3:2\n")});
  CHECK(narrow.status == 0);
  CHECK(narrow.out == whole.out);
  const Outcome wide =
      run_bochner({"predict", "-m", model, "-d", scratch.write("x.svm", "0 1:0.5\n1 7:2\n")});
  CHECK(wide.status == 1);
  CHECK_THAT(wide.err, Contains("line 2: '7:2': expected indices up to 5"));
}

TEST_CASE("small files do not take much memory or time", "[cli][input][wide]") {
  const Scratch scratch;
  const auto limited = [](const Words& arguments) {
    return shell("ulimit -v 1500000; ulimit -t 60; export OMP_NUM_THREADS=1; " +
                 command_line(arguments));
  };
  const std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 200000000), }";
  const std::string npy =
      scratch.write("a.npy", std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(header.size()) +
                                 std::string(1, '\0') + header);
  CHECK_THAT(limited(gram(npy)).err, Contains("0 x 200000000"));
  CHECK_THAT(limited(gram(scratch.write("a.svm", "1 16777216:1\n"))).err,
             Contains("expected width=16777216"));
  std::string wide;
  for (int i = 0; i < 20; ++i) wide += "1 " + std::to_string(i + 1) + ":1 1355191:0.5\n";
  const Outcome outcome =
      limited(gram(scratch.write("b.svm", wide), {"--columns", "x1-x3,x1355191", "--json"}));
  CHECK_THAT(outcome.err, Contains("has no column 'x1-x3'; it has 1355192 columns"));
  const Outcome chosen =
      limited(gram(scratch.path("b.svm"), {"--columns", "x1,x2,x1355191", "--json"}));
  INFO(chosen.err);
  REQUIRE(chosen.status == 0);
  CHECK(Json::parse(chosen.out)["input"]["rows"] == 20);
  CHECK(Json::parse(chosen.out)["input"]["columns"] == 3);
}
