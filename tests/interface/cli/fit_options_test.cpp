// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/fit_table.hpp"
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

using namespace bochner::test;
using Catch::Matchers::Contains;

namespace {

constexpr int kUsage = 2;

/// All that a run says and writes, without what no two runs share.
std::string traces(const Outcome& outcome, const std::string& output) {
  const std::string said = std::regex_replace(
      outcome.out,
      std::regex("(time +|\"seconds\": )[^\n]*|model +[^\n]*|\"(model|output)\": [^\n]*"), "");
  return std::to_string(outcome.status) + said + outcome.err + slurp(output);
}

/// Names of the options in the help of a command.
std::set<std::string> options_of(const std::string& command) {
  const std::string help = run_bochner({command, "--help"}).out;
  std::set<std::string> out;
  const std::regex option("\n  (-[a-z],)?(--[a-z-]+)");
  for (std::sregex_iterator found(help.begin(), help.end(), option), end; found != end; ++found) {
    out.insert((*found)[2]);
  }
  out.erase("--help");
  return out;
}

/// Each option of the command, once added to its base: the trace must be another one. An empty list
/// is an option of the base itself, or one that another test sees at work.
void check_each(const std::string& command, const Arguments& base, const std::string& output,
                const std::map<std::string, Arguments>& values) {
  std::set<std::string> listed;
  for (const auto& [name, value] : values) listed.insert(name);
  CHECK(listed == options_of(command));
  const auto run = [&](const Arguments& more) {
    ::unlink(output.c_str());
    Arguments arguments = {command};
    arguments.insert(arguments.end(), base.begin(), base.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    return traces(run_bochner(arguments), output);
  };
  const std::string plain = run({});
  CHECK(plain.front() == '0');
  CHECK(run({}) == plain);
  for (const auto& [name, value] : values) {
    INFO(name);
    if (!value.empty()) CHECK(run(value) != plain);
  }
}

}  // namespace

TEST_CASE("every option of fit changes something or is refused", "[fit][options]") {
  const Scratch scratch;
  const std::string data =
      scratch.write("x.csv", table("t,u,g,w,y", 60, [](int i) {
                      return std::vector<double>{spread(i), spread(i, 0.7549), 1.0 * (i % 7),
                                                 0.5 + (i % 2), std::round(2.0 * spread(i))};
                    }));
  const std::string model = scratch.path("m");
  const Arguments base = {"--data", data, "--target", "y", "--frequencies", "4", "-o", model};
  check_each("fit", base, model,
             {{"--data", {}},
              {"--target", {}},
              {"--output", {}},
              {"--frequencies", {}},
              {"--columns", {"--columns", "t"}},
              {"--skip-columns", {"--skip-columns", "u"}},
              {"--format", {"--format", "npy"}},
              {"--header", {"--header", "no"}},
              {"--delimiter", {"--delimiter", "tab"}},
              {"--decimal", {"--decimal", "comma"}},
              {"--width", {"--width", "9"}},
              {"--zero-based", {"--zero-based"}},
              {"--task", {"--task", "classify"}},
              {"--loss", {"--loss", "logistic"}},
              {"--kernel", {"--kernel", "matern32"}},
              {"--lengthscale", {"--lengthscale", "2"}},
              {"--scale", {"--scale", "2"}},
              {"--mean-square-sum", {"--mean-square-sum", "2"}},
              {"--features", {"--features", "positive"}},
              {"--projection", {"--projection", "iid"}},
              {"--ridge", {"--ridge", "0.01"}},
              {"--solver", {"--solver", "iterative"}},
              {"--validate", {"--validate", "4-fold"}},
              {"--groups", {"--groups", "g"}},
              {"--weights", {"--weights", "w"}},
              {"--intervals", {"--intervals", "5-fold"}},
              {"--feature-errors", {"--feature-errors"}},
              {"--posterior", {"--posterior", "full"}},
              {"--precision", {"--precision", "double"}},
              {"--seed", {"--seed", "2"}},
              {"--threads", {"--threads", "3"}},
              {"--report", {"--report", data}},
              {"--checkpoint-seconds", {}},  // checkpoints change no bit
              {"--resume", {}},              // of what nobody interrupted
              {"--json", {"--json"}}});
}

TEST_CASE("every option of predict, evaluate and features changes something or is refused",
          "[fit][options]") {
  const Scratch scratch;
  const auto rows = [](int i) {
    return std::vector<double>{spread(i), 0.5 + (i % 2), std::sin(3.0 * spread(i))};
  };
  const std::string data = scratch.write("x.csv", table("t,w,y", 60, rows));
  const std::string model = scratch.path("m");
  REQUIRE(fit(data, model, fixed({"--posterior", "full", "--columns", "t"})).status == 0);
  const std::string output = scratch.path("out");
  const Arguments use = {"--data", data, "--model", model};
  Arguments written = use;
  written.insert(written.end(), {"-o", output});
  std::map<std::string, Arguments> common = {{"--data", {}},
                                             {"--model", {}},
                                             {"--format", {"--format", "npy"}},
                                             {"--header", {"--header", "no"}},
                                             {"--delimiter", {"--delimiter", "tab"}},
                                             {"--decimal", {"--decimal", "comma"}},
                                             {"--width", {"--width", "9"}},
                                             {"--zero-based", {"--zero-based"}},
                                             {"--json", {"--json"}}};
  std::map<std::string, Arguments> predict = common;
  predict["--threads"] = {"--threads", "two"};  // a number of them changes no bit
  predict["--output"] = {};
  predict["--keep"] = {"--keep", "w"};
  predict["--interval"] = {"--interval", "0.9"};
  predict["--variance"] = {"--variance"};
  predict["--feature-error"] = {"--feature-error"};
  predict["--probabilities"] = {"--probabilities"};
  check_each("predict", written, output, predict);
  std::map<std::string, Arguments> features = common;
  features["--threads"] = {"--threads", "two"};
  features["--output"] = {};
  features["--keep"] = {"--keep", "w"};
  check_each("features", written, output, features);
  std::map<std::string, Arguments> evaluate = common;
  evaluate["--threads"] = {"--threads", "two"};
  evaluate["--weights"] = {"--weights", "w"};
  evaluate["--train"] = {"--train", data};
  evaluate["--report"] = {"--report", data};
  check_each("evaluate", use, output, evaluate);
}

TEST_CASE("options of fit that others make idle are refused by name", "[fit][options]") {
  const Scratch scratch;
  const std::string data =
      scratch.write("x.csv", table("t,g,y", 60, [](int i) {
                      return std::vector<double>{spread(i), 1.0 * (i % 7), std::round(spread(i))};
                    }));
  const Arguments logistic = {"--target", "y",        "--task",        "classify",
                              "--loss",   "logistic", "--lengthscale", "1"};
  const auto also = [](Arguments first, const Arguments& more) {
    first.insert(first.end(), more.begin(), more.end());
    return first;
  };
  struct Idle {
    Arguments arguments;
    std::string option;
  };
  for (const Idle& idle :
       {Idle{fixed({"--validate", "gcv"}), "--validate"},
        Idle{fixed({"--groups", "g"}), "--groups"},
        Idle{also(logistic, {"--validate", "gcv"}), "--validate"},
        Idle{also(logistic, {"--ridge", "1", "--validate", "3-fold"}), "--validate"},
        Idle{also(logistic, {"--ridge", "1", "--groups", "g"}), "--groups"},
        Idle{also(logistic, {"--solver", "cholesky"}), "--solver"},
        Idle{also(logistic, {"--checkpoint-seconds", "9"}), "--checkpoint-seconds"},
        Idle{fixed({"--solver", "iterative", "--checkpoint-seconds", "9"}), "--checkpoint-seconds"},
        Idle{{"--target", "y", "--groups", "g", "--validate", "loo"}, "--groups"}}) {
    const Outcome outcome = fit(data, scratch.path("m"), idle.arguments);
    INFO(idle.option);
    CHECK(outcome.status == kUsage);
    CHECK_THAT(outcome.err, Contains(idle.option + ": would change nothing, since "));
  }
  CHECK(scratch.list() == std::vector<std::string>{"x.csv"});
}
