// SPDX-License-Identifier: Apache-2.0
#include "core/memory.hpp"

#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

using namespace bochner::test;
using bochner::memory_limit;
using Catch::Matchers::Contains;

namespace {

/// A tree of /proc and /sys.
class Machine {
 public:
  void say(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(scratch_.path(path)).parent_path());
    scratch_.write(path, text);
  }
  std::string root() const { return scratch_.path(); }

 private:
  Scratch scratch_;
};

}  // namespace

TEST_CASE("a control group's limit is the memory there is", "[memory]") {
  const double machine = memory_limit("/nowhere").bytes;
  CHECK(machine > 1e8);
  {
    const Machine two;
    two.say("proc/self/cgroup", "0::/jobs/one\n");
    two.say("sys/fs/cgroup/jobs/one/memory.max", "max\n");
    CHECK(memory_limit(two.root()).bytes == machine);
    two.say("sys/fs/cgroup/jobs/one/memory.max", "67108864\n");
    CHECK(memory_limit(two.root()).bytes == 67108864.0);
    CHECK_THAT(memory_limit(two.root()).who, Contains("control group"));
    two.say("sys/fs/cgroup/jobs/memory.max", "33554432\n");
    CHECK(memory_limit(two.root()).bytes == 33554432.0);
  }
  {
    const Machine one;
    one.say("proc/self/cgroup", "9:cpu,cpuacct:/x\n4:memory:/docker/abc\n");
    one.say("sys/fs/cgroup/memory/memory.limit_in_bytes", "16777216\n");
    CHECK(memory_limit(one.root()).bytes == 16777216.0);
    one.say("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n");
    CHECK(memory_limit(one.root()).bytes == 16777216.0);
  }
  const Machine odd;
  odd.say("proc/self/cgroup", "nonsense\n\n0::\n1:memory\n");
  odd.say("sys/fs/cgroup/memory.max", "nonsense");
  CHECK(memory_limit(odd.root()).bytes == machine);
}

TEST_CASE("what the limit of address space cannot hold is refused before the work", "[memory]") {
  const Scratch scratch;
  const std::string input = scratch.write("x.csv", "a,b,y\n1,2,3\n3,5,1\n4,1,0\n0,2,2\n");
  const auto limited = [&](const std::vector<std::string>& arguments) {
    return shell("ulimit -v 1000000; timeout 60 " + command_line(arguments));
  };
  // 300,000 x 2 frequencies and the features of 512 rows; the sums of 10,000 features.
  const Outcome gram = limited({"gram", "-i", input, "--frequencies", "300000"});
  CHECK(gram.status == 1);
  CHECK_THAT(gram.err, Contains("GiB of memory, ulimit -v allows 0.954"));
  const Outcome fit = limited({"fit", "-d", input, "--target", "y", "--solver", "cholesky",
                               "--frequencies", "10000", "-o", scratch.path("m")});
  CHECK(fit.status == 1);
  CHECK_THAT(fit.err, Contains("GiB of memory, ulimit -v allows 0.954"));
  const Outcome attend = limited({"attend", "--synthetic", "1000000,64,8"});
  CHECK(attend.status == 1);
  CHECK_THAT(attend.err, Contains("GiB of memory, ulimit -v allows 0.954"));
  const Outcome variance = limited({"variance", "--frequencies", "1000000000"});
  CHECK(variance.status == 1);
  CHECK_THAT(variance.err, Contains("GiB of memory, ulimit -v allows 0.954"));
  CHECK(scratch.list() == std::vector<std::string>{"x.csv"});
}
