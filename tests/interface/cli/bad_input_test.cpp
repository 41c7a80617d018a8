// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"
#include "io/npy_header.hpp"
#include "support/scratch.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

using namespace bochner::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

const std::string kGood = "a,b\n1,2\n3,5\n4,1\n0,2\n";

std::string npy(const std::vector<bochner::Index>& shape, const std::vector<double>& values) {
  bochner::io::NpyHeader header;
  header.shape = shape;
  const auto bytes = std::as_bytes(std::span(values));
  return format_npy_header(header) +
         std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

/// A run that must fail: the input file's bytes, arguments after `gram --input FILE`, and what it
/// says.
struct Bad {
  std::string input;
  std::vector<std::string> arguments;
  int status;
  std::string words;
};

void check_refused(const Scratch& scratch, const std::vector<std::string>& arguments, int status,
                   const std::string& words, const Setting& setting = {}) {
  const auto before = scratch.list();
  const Outcome outcome = run_bochner(arguments, setting);
  std::string line;
  for (const std::string& argument : arguments) line += argument + " ";
  INFO(line);
  CHECK(outcome.status == status);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, StartsWith("bochner") && Contains(words) && EndsWith("\n"));
  // One line of complaint and, for usage, one that points to the help.
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == (status == kUsage ? 2 : 1));
  CHECK(scratch.list() == before);
}

}  // namespace

TEST_CASE("bad input is refused with a sentence, and nothing is left behind", "[bad]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const std::string whole = npy({2, 2}, {1, 2, 3, 4});
  for (const Bad& bad : {
           Bad{"", {}, kFailed, ": is empty"},
           Bad{"a,b\n", {}, kFailed, ": has no rows"},
           Bad{npy({0, 8}, {}), {}, kFailed, ": has no rows"},
           Bad{npy({5, 0}, {}), {}, kFailed, "is an array of 5 x 0: no columns"},
           Bad{npy({2, 2}, {1, 2, nan, 4}), {}, kFailed, "row 2, column 1 is NaN"},
           Bad{npy({2, 2}, {1, 2, 3, inf}), {}, kFailed, "row 2, column 2 is infinite"},
           Bad{npy({1000000000, 1000}, {}), {}, kFailed, "expected 8000000000000 for"},
           Bad{whole.substr(0, whole.size() - 1), {}, kFailed, "(truncated?)"},
           Bad{"a,b\n1,2\n3\n", {}, kFailed, "line 3: has 1 field, expected 2 as in line 1"},
           Bad{"a,b\n1,nan\n", {}, kFailed, "line 2, column 2 ('b'): 'nan' is not finite"},
           Bad{"a,b\n1,\n", {}, kFailed, "line 2, column 2 ('b'): is empty"},
           Bad{"a,b\n1,red\n", {}, kFailed, "'red' is not a number"},
           Bad{"1,2\n", {}, kFailed, "median_lengthscale"},
           Bad{"1,2\n1,2\n1,2\n", {}, kFailed, "median_lengthscale"},
           Bad{kGood, {"--columns", "c"}, kFailed, "has no column 'c'; it has 2 columns: 'a', 'b'"},
           Bad{kGood, {"--skip-columns", "a,b"}, kFailed, "no column is left"},
           Bad{"1e20,1\n2,3\n", {"--kernel", "softmax", "--features", "positive"}, kFailed, "e"},
           Bad{kGood, {"--frequencies", "1000000000000"}, kFailed, "GiB of memory"},
           Bad{kGood, {"--frequencies", "0"}, kUsage, "--frequencies: '0' is not a whole number"},
           Bad{kGood, {"--frequencies", "9223372036854775807"}, kUsage, "too large to address"},
           Bad{kGood, {"--lengthscale", "0"}, kUsage, "--lengthscale: '0' is not a positive"},
           Bad{kGood, {"--lengthscale", "-1"}, kUsage, "--lengthscale: '-1' is not a positive"},
           Bad{kGood, {"--lengthscale", "nan"}, kUsage, "--lengthscale: 'nan' is not a positive"},
           Bad{kGood,
               {"--kernel", "gauss"},
               kUsage,
               "unknown name 'gauss'; expected one of gaussian"},
           Bad{kGood, {"--kernel", "gaussian(metric=diagonal(lengthscales=[1,2,3]))"}, kUsage, "3"},
           Bad{kGood, {"--kernel", "gaussian(width=1)"}, kUsage, "no option 'width'"},
           Bad{kGood, {"--kernel", "softmax", "--lengthscale", "1"}, kUsage, "no such option"},
           Bad{kGood, {"--scale", "1"}, kUsage, "kernel gaussian has no such option"},
           Bad{kGood, {"--kernel", "softmax(scale=2)", "--scale", "1"}, kUsage, "scale already"},
           Bad{kGood,
               {"--kernel", "softmax", "--scale", "1", "--mean-square-sum", "1"},
               kUsage,
               "only one of the two"},
           Bad{kGood,
               {"--projection", "iid,ortho"},
               kUsage,
               "unknown name 'ortho'; expected one of iid"},
           Bad{kGood, {"--projection", "iid,"}, kUsage, "empty item"},
           Bad{kGood, {"--features", "cos"}, kUsage, "unknown name 'cos'; expected one of trigono"},
           Bad{kGood, {"--seed", "-1"}, kUsage, "--seed: '-1' is not a whole number from 0"},
           Bad{kGood, {"--threads", "two"}, kUsage, "--threads: 'two' is not a whole number"},
           Bad{kGood, {"--draws", "0"}, kUsage, "--draws: '0' is not a whole number from 1"},
           Bad{kGood, {"--precision", "half"}, kUsage, "expected double or single, got 'half'"},
           Bad{kGood, {"--compare", "svd"}, kUsage, "expected nystrom, leverage or rpcholesky"},
           Bad{kGood, {"--compare", "nystrom,"}, kUsage, "empty item"},
           Bad{kGood, {"--certify", "--lambda", "0"}, kUsage, "--lambda: '0' is not a positive"},
           Bad{kGood, {"--certify", "--samples", "1"}, kUsage, "--samples: '1' is not a whole"},
           Bad{kGood, {"--certify", "--draws", "2"}, kUsage, "a certificate is of one draw"},
           Bad{"1,2\n", {"--certify", "--lengthscale", "1"}, kFailed, "has one row"},
           Bad{kGood, {"--header", "maybe"}, kUsage, "expected auto, yes or no, got 'maybe'"},
           Bad{kGood, {"--colour"}, kUsage, "--colour"},
           Bad{kGood, {"--seed"}, kUsage, "was not expected"},
           Bad{kGood, {"--report", "/dev/null"}, kFailed, "/dev/null: is a file, expected a dir"},
           Bad{kGood, {"--report", "/nowhere/report"}, kFailed, "cannot create the directory"},
           Bad{kGood, {"--report", ""}, kUsage, "the argument after --report is empty"},
       }) {
    const Scratch scratch;
    std::vector<std::string> arguments = {"gram", "--input", scratch.write("x", bad.input)};
    arguments.insert(arguments.end(), bad.arguments.begin(), bad.arguments.end());
    const bool report =
        std::find(arguments.begin(), arguments.end(), "--report") != arguments.end();
    if (!report) arguments.insert(arguments.end(), {"--report", scratch.path("report")});
    check_refused(scratch, arguments, bad.status, bad.words);
  }
}

TEST_CASE("what is no command is refused with a pointer to the help", "[bad]") {
  const Scratch scratch;
  check_refused(scratch, {}, kUsage, "subcommand is required");
  check_refused(scratch, {"grow"}, kUsage, "bochner --help");
  check_refused(scratch, {"gram"}, kUsage, "--input is required");
  check_refused(scratch, {"info", "more"}, kUsage, "more");
}

TEST_CASE("what is no file is refused by name", "[bad]") {
  const Scratch scratch;
  check_refused(scratch, {"gram", "--input", scratch.path()}, kFailed, "is a directory");
  check_refused(scratch, {"gram", "--input", scratch.path("none")}, kFailed,
                "none: cannot open: No such file or directory");
  check_refused(scratch, {"gram", "--input", ""}, kUsage, "the argument after --input is empty");
  check_refused(scratch, {"gram", "--input", "-"}, kFailed, "standard input: is empty");
  check_refused(scratch, {"gram", "--input", "-"}, kFailed,
                "standard input: cannot read: Bad file descriptor", {.shell_suffix = "<&-"});
}

TEST_CASE("a .npy file cut at any byte is refused by the program", "[bad]") {
  const Scratch scratch;
  const std::string whole = npy({2, 1}, {1, 2});
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    check_refused(scratch, {"gram", "--input", scratch.write("x.npy", whole.substr(0, length))},
                  kFailed, "x.npy: ");
  }
}

TEST_CASE("a full disk leaves no report", "[bad]") {
  const Scratch scratch;
  const std::string input = scratch.write("x.csv", kGood);
  const std::vector<std::string> arguments = {"gram", "--input", input, "--frequencies", "16:64"};
  if (::access("/dev/full", W_OK) == 0) {
    const Outcome full = run_bochner(arguments, {.shell_suffix = ">/dev/full"});
    CHECK(full.status == kFailed);
    CHECK(full.err == "bochner gram: standard output: cannot write: No space left on device\n");
  }
  const Outcome closed = run_bochner(arguments, {.shell_suffix = ">&-"});
  CHECK(closed.status == kFailed);
  CHECK(closed.err == "bochner gram: standard output: cannot write: Bad file descriptor\n");

  // A limit of one block on the size of files stands in for a disk that fills up.
  auto with_report = arguments;
  with_report.insert(with_report.end(), {"--report", scratch.path("report")});
  const Outcome limited = shell("ulimit -f 1; " + command_line(with_report));
  CHECK(limited.status == kFailed);
  CHECK(limited.out.empty());
  CHECK_THAT(limited.err, Contains("report/") && EndsWith("cannot write: File too large\n"));
  CHECK(scratch.list() == std::vector<std::string>{"x.csv"});

  // The real thing, where the process may mount: 16 KiB, of which the filler leaves 4.
  const std::string script = scratch.write("fill.sh", R"(disk=$1; shift
mkdir "$disk" && mount -t tmpfs -o size=16k tmpfs "$disk" || exit 77
cd "$disk" && head -c 12288 /dev/zero >filler || exit 77
"$@" >&2; status=$?; ls -A; exit $status
)");
  const Outcome mounted = shell(
      "unshare -rm bash " + script + " " + scratch.path("disk") + " " +
      command_line({"gram", "--input", input, "--frequencies", "1:65536", "--report", "report"}) +
      " || { status=$?; [ $status = 1 ] && [ ! -d " + scratch.path("disk") +
      " ] && exit 77; exit $status; }");
  if (mounted.status == 77) {
    WARN("no file system can be mounted here");
  } else {
    CHECK(mounted.status == kFailed);
    CHECK(mounted.out == "filler\n");
    CHECK_THAT(mounted.err, Contains("cannot write: No space left on device\n"));
  }
}

TEST_CASE("the locale has no say in what is read or written", "[bad]") {
  const Scratch scratch;
  const std::string input = scratch.write("x.csv", "1.5,2.25\n3.5,5\n4,1.125\n");
  const std::vector<std::string> arguments = {"gram", "--input", input, "--frequencies", "16"};
  const auto table = [](const std::string& out) {
    const std::size_t last = out.rfind('\n', out.size() - 2);
    return out.substr(last, out.find_last_of("0123456789") - last).substr(0, 40);
  };
  // Debian's localedef makes the locale from the sources of the package locales.
  const Outcome made = shell("localedef -i de_DE -f UTF-8 '" + scratch.path("de_DE.UTF-8") + "'");
  if (made.status != 0) WARN("de_DE.UTF-8 cannot be made here");
  const Outcome plain = run_bochner(arguments);
  const Outcome german =
      run_bochner(arguments, {.environment = {"LOCPATH=" + scratch.path(), "LC_ALL=de_DE.UTF-8"}});
  CHECK(german.status == 0);
  CHECK(table(german.out) == table(plain.out));
}
