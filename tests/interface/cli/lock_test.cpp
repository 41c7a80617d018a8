// SPDX-License-Identifier: Apache-2.0
#include "io/output_lock.hpp"

#include "bochner/core/error.hpp"
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

using bochner::FileError;
using bochner::io::OutputLock;
using namespace bochner::test;
using Catch::Matchers::Contains;
using Names = std::vector<std::string>;

TEST_CASE("an output has one writer", "[lock]") {
  const Scratch scratch;
  const std::string path = scratch.path("out");
  {
    const OutputLock lock(path);
    CHECK(scratch.list() == Names{"out.lock"});
    CHECK_THROWS_WITH(OutputLock(path),
                      Contains("out: process " + std::to_string(::getpid()) + " is writing it"));
    CHECK(scratch.list() == Names{"out.lock"});
    const OutputLock other(scratch.path("other"));
  }
  CHECK(scratch.list().empty());
  const OutputLock again(path);
}

TEST_CASE("an output has one lock, however it is named", "[lock]") {
  const Scratch scratch;
  scratch.write("out", "old");
  REQUIRE(::symlink("out", scratch.path("link").c_str()) == 0);
  REQUIRE(::symlink("new", scratch.path("dangling").c_str()) == 0);
  std::filesystem::create_directory(scratch.path("folder"));
  const OutputLock lock(scratch.path("link"));
  CHECK_THROWS_AS(OutputLock(scratch.path("out")), FileError);
  CHECK_THROWS_AS(OutputLock(scratch.path("folder/../out")), FileError);
  const OutputLock unborn(scratch.path("dangling"));
  CHECK_THROWS_AS(OutputLock(scratch.path("new")), FileError);
  const OutputLock folder(scratch.path("folder"));
  CHECK_THROWS_AS(OutputLock(scratch.path("folder/.")), FileError);
}

TEST_CASE("a lock that a dead process left is no obstacle", "[lock]") {
  const Scratch scratch;
  scratch.write("out.lock", "1\n");
  {
    const OutputLock lock(scratch.path("out"));
    CHECK(slurp(scratch.path("out.lock")) == std::to_string(::getpid()) + "\n");
  }
  CHECK(scratch.list().empty());
}

TEST_CASE("a lock whose process died before it wrote its number is no obstacle", "[lock]") {
  const Scratch scratch;
  scratch.write("out.lock", "");
  {
    const OutputLock lock(scratch.path("out"));
    CHECK(slurp(scratch.path("out.lock")) == std::to_string(::getpid()) + "\n");
  }
  CHECK(scratch.list().empty());
}

TEST_CASE("a file that is not a lock survives under the name of one", "[lock]") {
  for (const std::string content :
       {"precious", "precious\n", "\n", "12", "12\n13\n", "12 \n", "-1\n",
        "1234567890123456789012345678901234567890\n", "a,b\n1,2\n"}) {
    INFO(content);
    const Scratch scratch;
    const std::string file = scratch.write("out.lock", content);
    const std::string inside = scratch.write("folder.lock", content);
    std::filesystem::create_directory(scratch.path("folder"));
    const auto written = std::filesystem::last_write_time(file);
    CHECK_THROWS_WITH(OutputLock(scratch.path("out")),
                      Contains("out: its lock would be " + file + ", which is there and is not a"));
    CHECK_THROWS_WITH(OutputLock(scratch.path("folder")), Contains(inside));
    CHECK(slurp(file) == content);
    CHECK(slurp(inside) == content);
    CHECK(std::filesystem::last_write_time(file) == written);
  }
  const Scratch scratch;
  const std::string pipe = scratch.path("out.lock");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(OutputLock(scratch.path("out")), Contains("is not a lock"));
  CHECK(std::filesystem::is_fifo(pipe));
}

TEST_CASE("a fit from data called as the lock of its model leaves the data", "[lock]") {
  const Scratch scratch;
  const std::string rows = "a,b,y\n1,2,3\n2,1,4\n3,5,1\n4,0,2\n0,1,5\n5,2,1\n";
  const std::string data = scratch.write("z.lock", rows);
  const Outcome outcome =
      run_bochner({"fit", "-d", data, "--target", "y", "--ridge", "1", "--lengthscale", "1",
                   "--frequencies", "8", "-o", scratch.path("z")});
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.err, Contains(data + ", which is there and is not a lock"));
  CHECK(slurp(data) == rows);
  CHECK(scratch.list() == Names{"z.lock"});
}

TEST_CASE("what cannot be replaced is not locked", "[lock]") {
  for (const std::string path : {"-", "/dev/null", ""}) {
    const OutputLock first(path);
    const OutputLock second(path);
  }
  const Scratch scratch;
  const OutputLock longest(scratch.path(std::string(255, 'n')));
  CHECK_THROWS_AS(OutputLock(scratch.path(std::string(255, 'n'))), FileError);
  CHECK_THROWS_WITH(OutputLock(scratch.path("no/file")),
                    Contains("no/file: cannot create: No such file or directory"));
}

TEST_CASE("the second run is refused at once, and harms nothing of the first", "[lock]") {
  const Scratch scratch;
  std::string text = "a,b,y\n";
  for (int i = 0; i < 400; ++i)
    text += std::to_string(i % 17) + "," + std::to_string(i % 13) + ",1\n";
  const std::string input = scratch.write("x.csv", text);
  scratch.write("m.checkpoint0", "of the first");
  const OutputLock model(scratch.path("m"));
  const OutputLock report(scratch.path("report"));
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& output) {
    INFO(arguments.front());
    const Names before = scratch.list();
    const Outcome outcome = run_bochner(arguments);
    CHECK(outcome.status == 1);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, Contains(scratch.path(output) + ": process " +
                                     std::to_string(::getpid()) + " is writing it"));
    CHECK(scratch.list() == before);
  };
  const std::vector<std::string> fit = {
      "fit",           "-d", input,           "--target", "y", "--ridge", "1",
      "--lengthscale", "1",  "--frequencies", "8"};
  auto second = fit;
  second.insert(second.end(), {"-o", scratch.path("m")});
  refused(second, "m");
  CHECK(slurp(scratch.path("m.checkpoint0")) == "of the first");
  auto other = fit;
  other.insert(other.end(), {"-o", scratch.path("other")});
  REQUIRE(run_bochner(other).status == 0);
  other.insert(other.end(), {"--report", scratch.path("report")});
  refused(other, "report");
  for (const std::string command : {"predict", "features"}) {
    refused({command, "-d", input, "-m", scratch.path("other"), "-o", scratch.path("m")}, "m");
  }
  refused({"attend", "--synthetic", "16,4,1", "-o", scratch.path("m")}, "m");
  refused({"gram", "-i", input, "--frequencies", "16", "--report", scratch.path("report")},
          "report");
  refused(
      {"evaluate", "-d", input, "-m", scratch.path("other"), "--report", scratch.path("report")},
      "report");
  refused(
      {"variance", "--replicates", "10", "--frequencies", "16", "--report", scratch.path("report")},
      "report");
}
