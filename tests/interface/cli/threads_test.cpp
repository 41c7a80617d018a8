// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

using namespace bochner::test;

namespace {

std::string table() {
  std::string text = "a,b,y\n";
  for (int i = 0; i < 600; ++i) {
    text +=
        std::to_string(i % 61) + "," + std::to_string(i % 53) + "," + std::to_string(i % 7) + "\n";
  }
  return text;
}

std::vector<std::string> fit(const Scratch& scratch, const std::string& model) {
  return {"fit",     "-d",  scratch.path("x.csv"), "--target", "y",  "--frequencies",    "256",
          "--ridge", "0.1", "--lengthscale",       "20",       "-o", scratch.path(model)};
}

}  // namespace

TEST_CASE("threads that cannot be had are done without, to the same bits", "[threads]") {
  const Scratch scratch;
  scratch.write("x.csv", table());
  REQUIRE(run_bochner(fit(scratch, "alone"), {.environment = {"OMP_NUM_THREADS=1"}}).status == 0);
  const std::string expected = slurp(scratch.path("alone"));
  for (const std::string size : {"900g", "900000000000", "18446744073709551615", "64k", "1",
                                 "nonsense", "", "-1", "8 M", "4mb"}) {
    INFO("OMP_STACKSIZE=" << size);
    const Outcome outcome = run_bochner(
        fit(scratch, "m"), {.environment = {"OMP_NUM_THREADS=8", "OMP_STACKSIZE=" + size}});
    CHECK(outcome.status == 0);
    CHECK(slurp(scratch.path("m")) == expected);
    CHECK(scratch.list() == std::vector<std::string>{"alone", "m", "x.csv"});
  }
  // Stacks of 8 MiB, for which there is room beside the program but not eighty times.
  const Outcome narrow =
      shell("ulimit -v 600000; ulimit -s 8192; " + command_line(fit(scratch, "m")),
            {.environment = {"OMP_NUM_THREADS=80"}});
  CHECK(narrow.status == 0);
  CHECK(slurp(scratch.path("m")) == expected);
}

TEST_CASE("a user without processes left still gets the answer", "[threads]") {
  const Scratch scratch;
  scratch.write("x.csv", table());
  REQUIRE(run_bochner(fit(scratch, "alone")).status == 0);
  std::string be_nobody;
  if (::geteuid() == 0) {
    // The limit does not bind the superuser.
    std::filesystem::permissions(scratch.path(), std::filesystem::perms::all);
    be_nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups ";
    const Outcome able = shell(be_nobody + command_line({"info"}));
    if (able.status != 0) {
      WARN("skipped: nobody cannot run the program here: " + able.err);
      return;
    }
  }
  for (const std::string most : {"1", "3"}) {
    const Outcome outcome = shell(be_nobody + "bash -c 'ulimit -u " + most + "; exec \"$@\"' - " +
                                      command_line(fit(scratch, "m")),
                                  {.environment = {"OMP_NUM_THREADS=8"}});
    INFO(outcome.err);
    CHECK(outcome.status == 0);
    CHECK(slurp(scratch.path("m")) == slurp(scratch.path("alone")));
  }
  const Outcome info =
      shell(be_nobody + "bash -c 'ulimit -u 1; exec \"$@\"' - " + command_line({"info", "--json"}),
            {.environment = {"OMP_NUM_THREADS=8"}});
  CHECK(nlohmann::json::parse(info.out)["threads"] == 1);
}
