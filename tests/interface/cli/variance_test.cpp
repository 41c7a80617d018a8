// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace bochner::test;
using Catch::Matchers::Contains;

namespace {

std::vector<std::string> study(const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"variance",    "--features", "positive,hyperbolic-oprf",
                                        "--dimension", "4",          "--norm",
                                        "0.5",         "--angle",    "1",
                                        "--threads",   "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::string read(const Scratch& scratch, const std::string& name) {
  return shell("cat '" + scratch.path(name) + "'").out;
}

}  // namespace

TEST_CASE("a report of a study is a page with its figures and numbers", "[variance]") {
  const Scratch scratch;
  const std::string directory = scratch.path("study");
  const Outcome outcome = run_bochner(study({"--projection", "all", "--frequencies", "4,10",
                                             "--replicates", "20", "--report", directory}));
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.out, Contains("hyperbolic-oprf") && Contains("report: " + directory));
  CHECK(shell("ls '" + directory + "'").out ==
        "cells.csv\nerror.svg\nindex.html\nmatrix.csv\nmatrix.svg\nratio.svg\nreport.json\n");
  const std::string page = read(scratch, "study/index.html");
  CHECK_THAT(page, Contains("<!DOCTYPE html>") && Contains("Trigonometric over positive, iid") &&
                       Contains("Kernel estimate, orthogonal") && Contains("All "));
  // Nothing is fetched from elsewhere.
  CHECK_THAT(page, !Contains("src=") && !Contains("href="));
  // A row a cell: 5 projections, 2 maps, 2 numbers of frequencies, and the names.
  const std::string cells = read(scratch, "study/cells.csv");
  CHECK(std::count(cells.begin(), cells.end(), '\n') == 21);
}

TEST_CASE("an interrupted study goes on to the numbers of an uninterrupted one", "[variance]") {
  const Scratch scratch;
  const auto job = [&](const std::string& directory) {
    return study({"--projection", "iid,orthogonal", "--frequencies", "64:1024", "--replicates",
                  "1500", "--checkpoint-seconds", "0.05", "--report", scratch.path(directory)});
  };
  const Outcome whole = run_bochner(job("whole"));
  REQUIRE(whole.status == 0);
  for (const std::string signal : {"TERM", "KILL"}) {
    const std::string directory = "stopped" + signal;
    std::vector<std::string> arguments = job(directory);
    const Outcome stopped =
        shell(command_line(arguments) + " & job=$!\nwhile ! ls '" + scratch.path(directory) +
              "'/study.checkpoint? >/dev/null 2>&1; do sleep 0.02; done\nkill -" + signal +
              " $job\nwait $job");
    CHECK(stopped.status == (signal == "TERM" ? 143 : 137));
    if (signal == "TERM") CHECK_THAT(stopped.err, Contains("--resume goes on"));
    // What is there is whole: the names, and the rows of finished maps.
    CHECK_THAT(read(scratch, directory + "/cells.csv"), Contains("features,projection,pair"));
    CHECK_THAT(run_bochner(arguments).err, Contains("an unfinished run is there"));

    arguments.push_back("--resume");
    const Outcome resumed = run_bochner(arguments);
    CHECK(resumed.status == 0);
    CHECK(read(scratch, directory + "/cells.csv") == read(scratch, "whole/cells.csv"));
    // A kill in the midst of a write leaves that write's temporary file.
    CHECK(shell("ls '" + scratch.path(directory) + "' | grep -v '[.]tmp[.]'").out ==
          shell("ls '" + scratch.path("whole") + "'").out);
  }
}

TEST_CASE("a study whose checkpoints cannot be written goes on, and warns", "[variance]") {
  const auto job = [&](const std::string& directory) {
    return study({"--projection", "iid", "--frequencies", "4,8", "--replicates", "20",
                  "--checkpoint-seconds", "1e-9", "--report", directory});
  };
  const Scratch scratch;
  REQUIRE(run_bochner(job(scratch.path("whole"))).status == 0);
  // Three calls make the report's folder and its lock; those after them save states.
  int warned = 0;
  for (int call = 4; call < 16; ++call) {
    INFO(call);
    const std::string directory = "r" + std::to_string(call);
    const Outcome outcome = shell("exec env LD_PRELOAD='" + std::string(BOCHNER_FAILING_CALLS) +
                                  "' BOCHNER_CALL_ENDS=fail BOCHNER_CALL=" + std::to_string(call) +
                                  " " + command_line(job(scratch.path(directory))));
    CHECK(outcome.status == 0);
    CHECK(read(scratch, directory + "/cells.csv") == read(scratch, "whole/cells.csv"));
    if (outcome.err.empty()) continue;  // one that is passed over: the close of a folder
    ++warned;
    CHECK_THAT(outcome.err, Contains("bochner variance: warning: ") &&
                                Contains("Input/output error; the study goes on without"));
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  }
  CHECK(warned >= 8);
}

TEST_CASE("another study's state is not gone on with", "[variance]") {
  const Scratch scratch;
  std::vector<std::string> arguments =
      study({"--projection", "iid", "--frequencies", "1024", "--replicates", "20000",
             "--checkpoint-seconds", "0.05", "--report", scratch.path("r")});
  shell(command_line(arguments) + " & job=$!\nwhile ! ls '" + scratch.path("r") +
        "'/study.checkpoint? >/dev/null 2>&1; do sleep 0.02; done\nkill -TERM $job\nwait $job");
  arguments.insert(arguments.end(), {"--resume", "--seed", "2"});
  const Outcome outcome = run_bochner(arguments);
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.err, Contains("belongs to another run"));
}

TEST_CASE("tables are printed from closed forms", "[variance]") {
  const Outcome columns = run_bochner({"variance", "--table", "equal-columns"});
  CHECK(columns.status == 0);
  CHECK_THAT(columns.out, Contains("hyperbolic-oprf orthogonal") && Contains("0.0923"));
  const Outcome matrix = run_bochner({"variance", "--table", "attention-matrix", "--json"});
  CHECK(matrix.status == 0);
  CHECK_THAT(matrix.out, Contains("\"trigonometric orthogonal\""));
}

TEST_CASE("pairs come from a file", "[variance]") {
  const Scratch scratch;
  const std::string pairs = scratch.write("pairs.csv", "0.1,0.2,0.3,0.1\n0.5,-0.2,0.1,0.4\n");
  const Outcome outcome =
      run_bochner({"variance", "--pairs", pairs, "--features", "hyperbolic", "--projection",
                   "orthogonal", "--frequencies", "8", "--replicates", "50"});
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.out, Contains("line 2") && Contains("sha256"));
}

TEST_CASE("where variances leave the range of double their logarithms do not", "[variance]") {
  const Scratch scratch;
  // |x + y|^2 = 7200: the kernel is e^1800, positive features' variance e^10798.
  const std::string pairs = scratch.write("pairs.csv", "30,30,30,30\n0.1,0.2,0.3,0.1\n");
  const std::vector<std::string> study = {"variance", "--pairs",      pairs, "--features",
                                          "positive", "--projection", "iid", "--frequencies",
                                          "8",        "--replicates", "10"};
  const Outcome text = run_bochner(study);
  CAPTURE(text.out, text.err);
  CHECK(text.status == 0);
  CHECK_THAT(text.out, Contains("1 of 2 cells leave the range of double"));
  std::vector<std::string> json = study;
  json.push_back("--json");
  const Outcome outcome = run_bochner(json);
  REQUIRE(outcome.status == 0);
  const auto cells = nlohmann::json::parse(outcome.out)["cells"];
  REQUIRE(cells.size() == 2);
  // Infinite numbers are null in JSON.
  CHECK(cells[0]["predicted_variance"].is_null());
  CHECK(cells[0]["measured_variance"].is_null());
  CHECK(cells[0]["predicted_log_variance"].get<double>() ==
        Approx(7200.0 + 2.0 * 1800.0 - std::log(8.0)).epsilon(1e-12));
  CHECK(cells[1]["measured_variance"].get<double>() > 0.0);
  CHECK(std::exp(cells[1]["predicted_log_variance"].get<double>()) ==
        Approx(cells[1]["predicted_variance"].get<double>()).epsilon(1e-12));
}

TEST_CASE("a study of a wrong command line is refused", "[variance]") {
  const Scratch scratch;
  const std::string odd = scratch.write("odd.csv", "1,2,3\n4,5,6\n");
  const std::string bad = scratch.write("nan.csv", "1,2,nan,4\n");
  const std::string file = scratch.write("file", "x");
  const std::string ragged = scratch.write("ragged.csv", "1,2,3,4\n1,2\n");
  const std::string huge = scratch.write("huge.csv", "1,1,1,1\n1e200,1,1,1\n");
  struct Bad {
    std::vector<std::string> arguments;
    int status;
    std::string message;
  };
  for (const Bad& row : {
           Bad{{"--replicates", "1"}, 2, "one draw has no variance"},
           Bad{{"--replicates", "-3"}, 2, "--replicates"},
           Bad{{"--report", file}, 1, "is a file, expected a directory"},
           Bad{{"--resume"}, 2, "needs --report"},
           Bad{{"--pairs", odd}, 2, "3 columns, expected an even number"},
           Bad{{"--pairs", bad, "--features", "positive"}, 1, "is not finite"},
           Bad{{"--pairs", ragged}, 1, "line 2: has 2 fields, expected 4"},
           Bad{{"--pairs", huge}, 1, "line 2: the row is so long"},
           Bad{{"--pairs", file + "s"}, 1, "cannot open"},
           Bad{{"--report", file + "/x"}, 1, "cannot create the directory"},
           Bad{{"--features", "oprf(a=0.125)", "--projection", "iid"}, 2, "infinite variance"},
           Bad{{"--norm", "0"}, 2, "--norm"},
           Bad{{"--norm", "1e151", "--angle", "0"}, 1, "is too long"},
           Bad{{"--angle", "pi/0"}, 2, "--angle"},
           Bad{{"--angle", "west"}, 2, "--angle"},
           Bad{{"--frequencies", "0"}, 2, "--frequencies"},
           Bad{{"--dimension", "1"}, 2, "--dimension"},
           Bad{{"--features", "oprf(a=0.5)", "--projection", "iid"}, 2, "a is 0.5"},
           Bad{{"--features", "sideways"}, 2, "sideways"},
           Bad{{"--checkpoint-seconds", "0"}, 2, "--checkpoint-seconds"},
           Bad{{"--table", "periodic"}, 2, "equal-columns or attention-matrix"},
           Bad{{"--table", "equal-columns", "--report", "x"}, 2, "--table"},
       }) {
    std::vector<std::string> arguments = {"variance"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    const Outcome outcome = run_bochner(arguments);
    CAPTURE(row.message, outcome.err, outcome.out);
    CHECK(outcome.status == row.status);
    CHECK_THAT(outcome.err, Contains(row.message));
    CHECK(outcome.out.empty());
  }
  CHECK(scratch.list() ==
        std::vector<std::string>{"file", "huge.csv", "nan.csv", "odd.csv", "ragged.csv"});
}

TEST_CASE("a map that was named is studied, or the reason why it is not is said", "[variance]") {
  const auto refusal = [](const std::string& kernel, const std::string& features,
                          const std::string& projection) {
    const Outcome outcome =
        run_bochner({"variance", "--kernel", kernel, "--features", features, "--projection",
                     projection, "--frequencies", "16", "--replicates", "0"});
    CHECK(outcome.status == 2);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  CHECK_THAT(refusal("softmax", "maclaurin(exact=linear)", "all"),
             Contains("takes the first columns of a draw for a smaller map"));
  CHECK_THAT(refusal("polynomial", "tensor-sketch,maclaurin", "all"),
             Contains("tensor-sketch features are not"));
  CHECK_THAT(refusal("softmax", "all", "iid,sobol"), Contains("quasi-random"));
}
