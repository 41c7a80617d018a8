// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/fit_table.hpp"
#include "interface/cli/program.hpp"
#include "io/archive_file.hpp"
#include "io/message.hpp"
#include "io/output_file.hpp"
#include "support/scratch.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

using namespace bochner::test;
using Catch::Matchers::Contains;

namespace {

std::string sines(const Scratch& scratch, int rows) {
  return scratch.write("x.csv", table("t,y", rows, [](int i) {
                         return std::vector<double>{spread(i), std::sin(3.0 * spread(i))};
                       }));
}

const Arguments kOften = fixed({"--checkpoint-seconds", "1e-9", "--resume"});

/// `fit` of `data` into the scratch's model "m", 64 frequencies.
Arguments fit_words(const Scratch& scratch, const std::string& data, const Arguments& more) {
  Arguments out = {"fit", "--data", data, "--frequencies", "64", "-o", scratch.path("m")};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

/// Runs it until that slot is there and sends it a signal then; its outcome, unless it was done
/// before.
std::optional<Outcome> signalled(const Scratch& scratch, const Arguments& arguments,
                                 const std::string& slot, const std::string& signal) {
  Outcome outcome = shell("set -m; " + command_line(arguments) +
                          " & job=$!; for i in $(seq 20000); do [ -e '" + scratch.path(slot) +
                          "' ] && break; sleep 0.001; done; kill -" + signal + " $job; wait $job");
  if (::access(scratch.path("m").c_str(), F_OK) != 0) return outcome;
  WARN("the fit was done before it could be stopped");
  return std::nullopt;
}

}  // namespace

TEST_CASE("a checkpoint that cannot be written is a warning", "[fit][checkpoint]") {
  const Scratch scratch;
  const std::string data = sines(scratch, 20000);
  REQUIRE(fit(data, scratch.path("whole"), kFixed).status == 0);
  // The longest name that the checkpoint's suffix makes too long.
  const std::string model = scratch.path(std::string(250, 'm'));
  const Outcome outcome = fit(data, model, kOften);
  INFO(outcome.err);
  CHECK(outcome.status == 0);
  CHECK(slurp(model) == slurp(scratch.path("whole")));
  CHECK_THAT(outcome.err, Contains("bochner fit: warning: ") && Contains("File name too long") &&
                              Contains("goes on"));
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
}

TEST_CASE("a warning cannot drive a terminal", "[fit][checkpoint]") {
  const Scratch scratch;
  const std::string odd = "\x1b[2J\xC2\x9B\n";
  const Outcome outcome =
      fit(sines(scratch, 2000), scratch.path(odd + std::string(250 - odd.size(), 'm')), kOften);
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.err, Contains("bochner fit: warning: ") && Contains("\\x1b[2J"));
  CHECK(outcome.err == bochner::io::printable_lines(outcome.err));
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
}

TEST_CASE("a checkpoint whose sums are not of the rows it says is refused", "[fit][checkpoint]") {
  const Scratch scratch;
  const std::string data = sines(scratch, 60000);
  const std::string slot = scratch.path("m.checkpoint1");
  const Arguments arguments = fit_words(scratch, data, kOften);
  if (!signalled(scratch, arguments, "m.checkpoint1", "KILL")) return;
  REQUIRE(::access(slot.c_str(), F_OK) == 0);
  ::unlink(scratch.path("m.checkpoint0").c_str());
  bochner::Archive archive = bochner::io::read_archive(slot);
  archive.metadata["rows_done"] = std::to_string(archive.count("rows_done") + 1);
  for (const char* word : {"format", "sha256", "library_version", "stream_version"}) {
    archive.metadata.erase(word);
  }
  bochner::io::OutputFile out(slot);
  bochner::io::write_archive(out, archive);
  out.commit();
  const Outcome outcome = run_bochner(arguments);
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.err, Contains("holds the sums of"));
}

TEST_CASE("a checkpoint of the same file read in another way is of another run",
          "[fit][checkpoint]") {
  const Scratch scratch;
  // A first line of numbers, which may be names.
  const std::string data = scratch.write("x.csv", table("0.5,0.25", 60000, [](int i) {
                                           return std::vector<double>{spread(i), spread(2 * i)};
                                         }));
  const auto words = [&](const Arguments& more) {
    Arguments out = {"--target", "2", "--lengthscale", "1", "--ridge", "1e-3", "--resume"};
    out.insert(out.end(), more.begin(), more.end());
    return fit_words(scratch, data, out);
  };
  if (!signalled(scratch, words({"--header", "yes", "--checkpoint-seconds", "1e-9"}),
                 "m.checkpoint1", "KILL")) {
    return;
  }
  const Outcome other = run_bochner(words({"--header", "no"}));
  CHECK(other.status == 1);
  CHECK_THAT(other.err, Contains("belongs to another run"));
  CHECK(run_bochner(words({"--header", "yes"})).status == 0);
}

TEST_CASE("what an earlier checkpoint holds is not lost with the last one", "[fit][checkpoint]") {
  const Scratch scratch;
  const std::string data = sines(scratch, 100000);
  const Arguments words = fit_words(scratch, data, kOften);
  if (!signalled(scratch, words, "m.checkpoint0", "KILL")) return;
  // The slot whose turn it is after an even state can be neither written nor replaced.
  ::unlink(scratch.path("m.checkpoint1").c_str());
  std::filesystem::create_directory(scratch.path("m.checkpoint1"));
  const std::string err = scratch.path("err");
  const Outcome outcome = shell("set -m; " + command_line(words) + " 2>'" + err +
                                "' & job=$!; for i in $(seq 20000); do [ -s '" + err +
                                "' ] && break; sleep 0.001; done; kill -INT $job; wait $job");
  if (outcome.status == 0) {
    WARN("the fit was done before it could be stopped");
    return;
  }
  CHECK(outcome.status == 130);
  CHECK_THAT(slurp(err), Contains("m.checkpoint0/1 holds the first ") &&
                             Contains("with --resume goes on") && !Contains("lost"));
}
