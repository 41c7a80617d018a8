// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/progress.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

using namespace bochner::cli;
using Catch::Matchers::StartsWith;

namespace {

/// What `job` says on the standard error, in a process of its own, which has said nothing before.
std::string said_by(const std::function<void()>& job) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    job();
    ::_exit(0);
  }
  REQUIRE(child > 0);
  ::close(ends[1]);
  std::string said;
  std::array<char, 256> buffer{};
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    said.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  return said;
}

}  // namespace

TEST_CASE("progress says how far and how long", "[progress]") {
  CHECK(progress_line("gram", 0.5, 6.0) == "gram [###############               ] 50 %, 6 s left");
  CHECK(progress_line("gram", 1.5, 6.0) == "gram [##############################] 100 %, 0 s left");
}

TEST_CASE("long times are told in large units", "[progress]") {
  CHECK(long_duration(0.2) == "a second");
  CHECK(long_duration(90.0) == "90 seconds");
  CHECK(long_duration(600.0) == "10 minutes");
  CHECK(long_duration(3.0 * 3600.0) == "3.0 hours");
  CHECK(long_duration(5.2 * 86400.0) == "5.0 days");
  CHECK(long_duration(1e12) == "31688 years");
}

TEST_CASE("a job is announced where it is long, and again where a longer one follows",
          "[progress]") {
  CHECK(said_by([] { announce("a", 59.0); }) == "");
  CHECK(said_by([] { announce("a", 600.0, "b is quicker"); }) ==
        "bochner: a will take about 10 minutes; b is quicker\n");
  // The same job, measured again, takes another time.
  CHECK(said_by([] {
          announce("a", 600.0);
          announce("a", 900.0);
          announce("b", 30.0);
          announce("b", 1200.0);
        }) == "bochner: a will take about 10 minutes\n");
  CHECK(said_by([] {
          announce("a", 600.0);
          announce("b", 36000.0);
          announce("c", 60000.0);
        }) == "bochner: a will take about 10 minutes\nbochner: b will take about 10 hours\n");
}

TEST_CASE("what has not done anything yet announces nothing", "[progress]") {
  // From five seconds on an estimate can be made.
  const std::string said = said_by([] {
    ProgressLine progress("a", 1000.0);
    progress.begin_at(500.0);
    std::this_thread::sleep_for(std::chrono::milliseconds(5100));
    progress.advance(0.0);
    announce("b", 120.0);
    progress.advance(1.0);
  });
  CHECK_THAT(said, StartsWith("bochner: b will take about 2.0 minutes\n"
                              "bochner: a will take about 4"));
}
