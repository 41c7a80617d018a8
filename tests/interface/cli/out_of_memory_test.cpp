// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <set>
#include <string>
#include <vector>

using namespace bochner::test;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCanRefuse = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kCanRefuse = false;
#else
constexpr bool kCanRefuse = true;
#endif
#else
constexpr bool kCanRefuse = true;
#endif

/// Runs of one command for each of `refused`: the nth request of memory, or with "+" all from it
/// on. Lists the runs that do not end as they should: with status 0 and all outputs, or with status
/// 1, a message, and nothing that was not there before.
constexpr const char* kScript = R"script(
cd "$folder"
rm -rf out report; eval "$command" >/dev/null || { echo "cannot run"; exit; }
done=$(ls -A); rm -rf out report
for n in $refused; do
  timeout 60 bash -c "exec env LD_PRELOAD='$shim' BOCHNER_REFUSE=$n $command" >/dev/null 2>err.txt
  status=$?; words=$(tr -d '\0' <err.txt | head -n 3); rm -f err.txt; now=$(ls -A)
  case $status in
    0) [ "$now" = "$done" ] || echo "at $n: done, but there is $now" ;;
    1) [ -n "$words" ] || echo "at $n: not a word"
       # Outputs may be there, whole, when only the words about them failed.
       [ -z "$(comm -13 <(echo "$done") <(echo "$now"))" ] || echo "at $n: left $now" ;;
    *) echo "at $n: status $status: $words" ;;
  esac
  rm -rf out report
done
)script";

/// Numbers of requests to refuse: all of the first few, then ever sparser ones, up to the last.
std::string spread(long most, double step, const char* suffix) {
  std::set<long> numbers;
  for (double n = 1.0; n < static_cast<double>(most); n = std::max(n + 1.0, n * step)) {
    numbers.insert(std::lround(n));
    // From the end too, where outputs are written.
    numbers.insert(std::max(1L, most - std::lround(n)));
  }
  std::string out;
  for (const long n : numbers) out += std::to_string(n) + suffix + " ";
  return out;
}

struct Inputs {
  Scratch scratch;
  std::vector<std::vector<std::string>> commands;

  Inputs() {
    std::string text = "a,b,y\n";
    std::string words = "a,b,c\n";
    for (int i = 0; i < 40; ++i) {
      const std::string row = std::to_string(i % 7) + "," + std::to_string(i % 5) + ",";
      text += row + std::to_string(i % 3) + "\n";
      words += row + (i % 3 == 0 ? "red" : "blue") + "\n";
    }
    scratch.write("x.csv", text);
    scratch.write("w.csv", words);
    const std::vector<std::string> fit = {
        "fit",           "-d", "x.csv",         "--target", "y",  "--ridge", "1",
        "--lengthscale", "1",  "--frequencies", "8",        "-o", "out"};
    REQUIRE(shell("cd " + scratch.path() + "; " + command_line(fit) + "; mv out m").status == 0);
    auto reported = fit;
    reported.insert(reported.end(), {"--report", "report", "--json"});
    commands = {{"--help"},
                {"info", "--json"},
                fit,
                reported,
                {"fit", "-d", "w.csv", "--target", "c", "--task", "classify", "--loss", "logistic",
                 "--lengthscale", "1", "--ridge", "1", "--frequencies", "8", "-o", "out"},
                {"fit", "-d", "x.csv", "--target", "y", "--ridge", "1", "--lengthscale", "1",
                 "--frequencies", "8", "--solver", "iterative", "-o", "out"},
                {"predict", "-d", "x.csv", "-m", "m", "-o", "out", "--json"},
                {"evaluate", "-d", "x.csv", "-m", "m", "--report", "report"},
                {"features", "-d", "x.csv", "-m", "m", "-o", "out"},
                {"gram", "-i", "x.csv", "--frequencies", "16", "--report", "report"},
                {"attend", "--synthetic", "16,4,1", "--frequencies", "16", "-o", "out"},
                {"variance", "--frequencies", "16", "--replicates", "4", "--report", "report"}};
  }

  /// The runs of a command that end badly.
  std::string run(const std::vector<std::string>& arguments, double step) const {
    const std::string setting =
        "command=" + quote(command_line(arguments)) + "; folder=" + quote(scratch.path()) +
        "; shim=" + quote(BOCHNER_FAILING_MALLOC) + "; export OMP_NUM_THREADS=2; ";
    const Outcome count =
        shell(setting +
              "cd \"$folder\"; bash -c \"exec env LD_PRELOAD='$shim' BOCHNER_REQUESTS=count "
              "$command\" >/dev/null; cat count; rm -rf count out report");
    const long most = std::stol(count.out);
    REQUIRE(most > 100);
    return shell(setting + "refused=" + quote(spread(most, step, "") + spread(most, step, "+")) +
                 ";" + kScript)
        .out;
  }

 private:
  static std::string quote(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
  }
};

}  // namespace

TEST_CASE("memory that runs out anywhere ends in a message, status 1 and nothing left",
          "[memory]") {
  if (!kCanRefuse) {
    WARN("skipped: the sanitizer has an allocator of its own");
    return;
  }
  const Inputs inputs;
  for (const auto& arguments : inputs.commands) {
    INFO(arguments.front());
    CHECK(inputs.run(arguments, 2.0) == "");
  }
}

TEST_CASE("memory that runs out at many more places", "[.long]") {
  if (!kCanRefuse) return;
  const Inputs inputs;
  for (const auto& arguments : inputs.commands) {
    INFO(arguments.front());
    CHECK(inputs.run(arguments, 1.01) == "");
  }
}
