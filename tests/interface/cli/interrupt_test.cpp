// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <vector>

using namespace bochner::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

/// Data and arguments of a job that takes minutes.
std::vector<std::string> long_job(const Scratch& scratch) {
  std::string text;
  for (int i = 0; i < 4000; ++i) {
    text += std::to_string(i % 61) + "," + std::to_string(i % 53) + "," + std::to_string(i) + "\n";
  }
  return {"gram", "--input",  scratch.write("x.csv", text), "--frequencies", "16:4096", "--draws",
          "1000", "--report", scratch.path("report")};
}

}  // namespace

TEST_CASE("a terminal sees progress, and an interrupt leaves nothing behind", "[interrupt]") {
  const Scratch scratch;
  const std::string command = "exec " + command_line(long_job(scratch));
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  REQUIRE(child > 0);
  std::string seen;
  std::array<char, 4096> buffer{};
  bool interrupted = false;
  for (ssize_t got = 0; (got = ::read(terminal, buffer.data(), buffer.size())) > 0;) {
    seen.append(buffer.data(), static_cast<std::size_t>(got));
    if (!interrupted && seen.find(" s left") != std::string::npos) {
      CHECK(scratch.list() == std::vector<std::string>{"report", "report.lock", "x.csv"});
      ::kill(child, SIGINT);
      interrupted = true;
    }
  }
  ::close(terminal);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
  CHECK_THAT(seen, Contains("gram [") && EndsWith("\r\x1b[K"));
  CHECK(scratch.list() == std::vector<std::string>{"x.csv"});
}

TEST_CASE("without a terminal a long job says once how long, and a termination cleans up too",
          "[interrupt]") {
  const Scratch scratch;
  const Outcome outcome = shell(command_line(long_job(scratch)) + " 2>'" + scratch.path("err") +
                                "' & job=$!\nuntil [ -s '" + scratch.path("err") +
                                "' ]; do sleep 0.05; done\nsleep 0.7\nkill $job\nwait $job");
  CHECK(outcome.status == 143);
  CHECK(outcome.out.empty());
  const std::string said = slurp(scratch.path("err"));
  CHECK_THAT(said, StartsWith("bochner: gram: measuring all entries will take about ") &&
                       Contains("--rows") && EndsWith("\n"));
  CHECK(std::count(said.begin(), said.end(), '\n') == 1);
  CHECK(scratch.list() == std::vector<std::string>{"err", "x.csv"});
}

TEST_CASE("every signal that asks for an end leaves nothing behind", "[interrupt]") {
  for (const int number : {SIGQUIT, SIGHUP, SIGXCPU, SIGALRM, SIGUSR1, SIGUSR2}) {
    INFO(number);
    const Scratch scratch;
    // Job control, without which a shell's background jobs ignore a quit.
    const Outcome outcome =
        shell("set -m; ulimit -c 0; " + command_line(long_job(scratch)) +
              " & job=$!\nwhile [ ! -d '" + scratch.path("report") +
              "' ]; do sleep 0.05; done\nkill -" + std::to_string(number) + " $job\nwait $job");
    CHECK(outcome.status == 128 + number);
    CHECK(scratch.list() == std::vector<std::string>{"x.csv"});
  }
}

TEST_CASE("a limit of the size of files is an error of the file", "[interrupt]") {
  const Scratch scratch;
  auto arguments = long_job(scratch);
  arguments[4] = "16:64";
  arguments[6] = "1";
  const Outcome outcome = shell("ulimit -f 1; " + command_line(arguments));
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.err, EndsWith(": cannot write: File too large\n"));
  CHECK(scratch.list() == std::vector<std::string>{"x.csv"});
}

TEST_CASE("a broken pipe is no reason for words", "[interrupt]") {
  const Scratch scratch;
  // A pipe with a writer and no reader.
  const Outcome outcome =
      shell("mkfifo '" + scratch.path("p") + "'; exec 3<>'" + scratch.path("p") + "'; exec 4>'" +
            scratch.path("p") + "'; exec 3<&-; " + command_line({"info"}) + " >&4");
  CHECK(outcome.status == 141);
  CHECK(outcome.err.empty());
}
