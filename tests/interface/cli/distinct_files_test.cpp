// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

using namespace bochner::test;
using Catch::Matchers::Contains;

namespace {

using Arguments = std::vector<std::string>;

constexpr int kUsage = 2;

const std::string kRows = "a,b,y\n1,2,3\n2,1,4\n3,5,1\n4,0,2\n0,1,5\n5,2,1\n";

/// A .npy array of 2 x 2 zeros.
std::string npy() {
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }";
  header.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + std::string(32, '\0');
}

Arguments joined(Arguments first, const Arguments& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

TEST_CASE("no command writes over what it reads, whatever the file is called", "[cli][bad]") {
  const Scratch scratch;
  namespace fs = std::filesystem;
  fs::create_directory(scratch.path("folder"));
  const std::string data = scratch.write("x.csv", kRows);
  const std::string array = scratch.write("q.npy", npy());
  const std::string model = scratch.path("m");
  const Arguments fit = {"fit",  "--target",      "y",      "--frequencies", "8", "--ridge",
                         "1e-3", "--lengthscale", "median", "--data",        data};
  REQUIRE(run_bochner(joined(fit, {"-o", model})).status == 0);
  const std::string whole = slurp(model);
  // Every name by which a folder may know one file.
  const auto names = [&](const std::string& name) {
    const std::string path = scratch.path(name);
    fs::create_symlink(path, scratch.path(name + ".symbolic"));
    fs::create_hard_link(path, scratch.path(name + ".hard"));
    return Arguments{path, scratch.path("folder/../" + name), scratch.path("./" + name),
                     scratch.path(name + ".symbolic"), scratch.path(name + ".hard")};
  };
  const auto refused = [&](const Arguments& arguments, const std::string& option) {
    std::string line;
    for (const std::string& argument : arguments) line += argument + " ";
    INFO(line);
    const Outcome outcome = run_bochner(arguments);
    CHECK(outcome.status == kUsage);
    CHECK_THAT(outcome.err, Contains("is the file of " + option));
    CHECK(slurp(data) == kRows);
    CHECK(slurp(array) == npy());
    CHECK(slurp(model) == whole);
  };
  const Arguments use = {"--data", data, "--model", model};
  for (const std::string& name : names("x.csv")) {
    refused(joined(fit, {"-o", name}), "--data");
    refused(joined({"predict", "-o", name}, use), "--data");
    refused(joined({"features", "-o", name}, use), "--data");
  }
  for (const std::string& name : names("m")) {
    refused(joined({"predict", "-o", name}, use), "--model");
    refused(joined({"features", "-o", name}, use), "--model");
  }
  for (const std::string& name : names("q.npy")) {
    for (const char* option : {"--queries", "--keys", "--values"}) {
      Arguments attend = {"attend", "-o", name};
      for (const char* each : {"--queries", "--keys", "--values"}) {
        attend.insert(attend.end(), {each, each == std::string(option) ? array : data});
      }
      refused(attend, option);
    }
  }
}

TEST_CASE("no report is written over what its command reads, nor over its output", "[cli][bad]") {
  const Scratch scratch;
  const std::string folder = scratch.path("folder");
  std::filesystem::create_directory(folder);
  const std::string model = scratch.path("m");
  const std::string good = scratch.write("x.csv", kRows);
  const Arguments fit = {"fit",  "--target",      "y",      "--frequencies", "8",   "--ridge",
                         "1e-3", "--lengthscale", "median", "--report",      folder};
  REQUIRE(run_bochner({"fit", "--target", "y", "--frequencies", "8", "--ridge", "1e-3",
                       "--lengthscale", "median", "--data", good, "-o", model})
              .status == 0);
  const auto refused = [&](const std::string& name, const Arguments& arguments) {
    const std::string path = scratch.write("folder/" + name, kRows);
    Arguments all;
    for (const std::string& argument : arguments) all.push_back(argument == "@" ? path : argument);
    const Outcome outcome = run_bochner(all);
    INFO(name << ": " << outcome.err);
    CHECK(outcome.status == kUsage);
    CHECK_THAT(outcome.err, Contains("is the file of --") && Contains("--report"));
    CHECK(slurp(path) == kRows);
  };
  for (const char* name : {"report.json", "path.csv", "path.svg", "predicted.svg"}) {
    refused(name, joined(fit, {"--data", "@", "-o", scratch.path("new")}));
  }
  refused("report.json", joined(fit, {"--data", good, "-o", "@"}));
  for (const char* name : {"report.json", "predicted.svg", "confusion.csv"}) {
    refused(name, {"evaluate", "--data", "@", "--model", model, "--report", folder});
    refused(name,
            {"evaluate", "--data", good, "--train", "@", "--model", model, "--report", folder});
  }
  for (const char* name : {"report.json", "table.csv", "error.svg", "certificates.csv"}) {
    refused(name, {"gram", "--input", "@", "--report", folder});
  }
  for (const char* name : {"report.json", "cells.csv", "index.html"}) {
    refused(name, {"variance", "--pairs", "@", "--report", folder});
  }
}

TEST_CASE("no command writes over the archive that it reads an array of", "[cli][bad]") {
  const Scratch scratch;
  namespace fs = std::filesystem;
  const std::string model = scratch.path("m");
  const Arguments fit = {"fit",  "--target",      "y",      "--frequencies", "8", "--ridge",
                         "1e-3", "--lengthscale", "median", "--data"};
  REQUIRE(run_bochner(joined(fit, {scratch.write("x.csv", kRows), "-o", model})).status == 0);
  // What it holds does not matter: it is not opened.
  const std::string archive = scratch.write("d.npz", "PK\x03\x04");
  const std::string array = archive + ":x";
  fs::create_symlink(archive, scratch.path("link"));
  const auto refused = [&](const Arguments& arguments, const std::string& option) {
    const Outcome outcome = run_bochner(arguments);
    INFO(arguments.front() << ": " << outcome.err);
    CHECK(outcome.status == kUsage);
    CHECK_THAT(outcome.err, Contains("is the file of " + option));
    CHECK(slurp(archive) == "PK\x03\x04");
  };
  for (const std::string& name : {archive, scratch.path("./d.npz"), scratch.path("link")}) {
    refused(joined(fit, {array, "-o", name}), "--data");
    for (const char* command : {"predict", "features"}) {
      refused({command, "--data", array, "--model", model, "-o", name}, "--data");
    }
    refused({"attend", "--queries", "q", "--keys", "k", "--values", array, "-o", name}, "--values");
  }
  // Files of a report, as links to the archive.
  const std::string folder = scratch.path("folder");
  fs::create_directory(folder);
  fs::create_symlink(archive, folder + "/report.json");
  refused({"gram", "--input", array, "--report", folder}, "--input");
  refused({"variance", "--pairs", array, "--report", folder}, "--pairs");
  refused({"evaluate", "--data", array, "--model", model, "--report", folder}, "--data");
  refused({"evaluate", "--data", "x", "--train", array, "--model", model, "--report", folder},
          "--train");
  refused(joined(fit, {array, "-o", scratch.path("new"), "--report", folder}), "--data");
  // One that has the whole name is that file, and not the archive.
  const std::string whole = scratch.write("d.npz:x", kRows);
  refused(joined(fit, {whole, "-o", whole}), "--data");
  CHECK(run_bochner(joined(fit, {whole, "-o", archive})).status == 0);
}

TEST_CASE("a device or a pipe is both read and written", "[cli]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", kRows);
  const std::string model = scratch.path("m");
  REQUIRE(run_bochner({"fit", "--target", "y", "--frequencies", "8", "--ridge", "1e-3",
                       "--lengthscale", "median", "--data", data, "-o", model})
              .status == 0);
  const Outcome piped =
      shell("cat '" + data + "' | " + command_line({"predict", "--data", "-", "--model", model}) +
            " | cat");
  CHECK(piped.err.empty());
  CHECK_THAT(piped.out, Contains("y\n"));
  const Outcome looped = shell(command_line({"predict", "--data", "-", "--model", model}) + " <'" +
                               data + "' >>'" + data + "'");
  CHECK(looped.status == kUsage);
  CHECK(slurp(data) == kRows);
}
