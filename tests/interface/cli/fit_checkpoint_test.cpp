// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/fit_table.hpp"
#include "interface/cli/program.hpp"
#include "interface/io/archive_file.hpp"
#include "interface/io/message.hpp"
#include "interface/io/output_file.hpp"
#include "support/scratch.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
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
  Arguments arguments = {"fit", "--data", data, "--frequencies", "64", "-o", scratch.path("m")};
  arguments.insert(arguments.end(), kOften.begin(), kOften.end());
  shell(command_line(arguments) + " & job=$!; for i in $(seq 20000); do [ -e '" + slot +
        "' ] && break; sleep 0.001; done; kill -KILL $job; wait $job");
  if (::access(scratch.path("m").c_str(), F_OK) == 0) {
    WARN("the fit was done before it could be killed");
    return;
  }
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
