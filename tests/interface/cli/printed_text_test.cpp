// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"
#include "io/message.hpp"
#include "report/svg.hpp"
#include "support/scratch.hpp"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <vector>

using namespace bochner::test;
using Catch::Matchers::Contains;

namespace {

/// Escapes to a terminal, C0, C1, a turn of direction, no character, bytes that are no UTF-8 at
/// all.
const std::vector<std::string> kOdd = {"\x1b[2J",
                                       "\x07",
                                       "\xC2\x9B"
                                       "31m",
                                       "\xE2\x80\xAE",
                                       "\xEF\xBF\xBE",
                                       "\x7f",
                                       "\t"};
const std::string kOddPath = "x\x1b[2J\n\xFF\xC2\x9B\xE2\x80\xAE\xEF\xBF\xBE.csv";

/// What a terminal that runs the program gets to see.
std::string on_terminal(const std::vector<std::string>& arguments) {
  const std::string command = "exec " + command_line(arguments);
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  REQUIRE(child > 0);
  std::string seen;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(terminal, buffer.data(), buffer.size())) > 0;) {
    seen.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(terminal);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return seen;
}

void check_printable(const std::string& text) {
  std::string lines;
  for (const char c : text) {
    if (c != '\r') lines += c;  // which the terminal adds to newlines
  }
  CHECK(lines == bochner::io::printable_lines(lines));
}

/// A table whose columns have odd names, a model of it, and one of odd classes.
struct Named {
  Scratch scratch;
  std::string data;
  std::string model = scratch.path("m");
  std::string classes = scratch.path("c.csv");
  std::string classifier = scratch.path("cm");

  Named() {
    std::string header = "a,b";
    for (const std::string& odd : kOdd) header += ",\"y" + odd + "z\"";
    std::string text = header + "\n";
    std::string words = "a,b,\"c\x1b[1m\"\n";
    for (int i = 0; i < 30; ++i) {
      const std::string row = std::to_string(i % 7) + "," + std::to_string(i % 5);
      text += row;
      for (std::size_t c = 0; c < kOdd.size(); ++c) text += "," + std::to_string(i % 3);
      text += "\n";
      words += row + (i % 2 == 0 ? ",\"red\x1b[2J\"\n" : ",\"blue\xC2\x9B\"\n");
    }
    data = scratch.write(kOddPath, text);
    scratch.write("c.csv", words);
    std::string targets;
    for (std::size_t c = 0; c < kOdd.size(); ++c)
      targets += (c > 0 ? "," : "") + std::to_string(c + 3);
    const auto fit = [&](const std::vector<std::string>& more) {
      std::vector<std::string> arguments = {"fit", "--ridge",       "1", "--lengthscale",
                                            "1",   "--frequencies", "8"};
      arguments.insert(arguments.end(), more.begin(), more.end());
      const Outcome outcome = run_bochner(arguments);
      INFO(outcome.err);
      REQUIRE(outcome.status == 0);
      check_printable(outcome.out);
    };
    fit({"-d", data, "--target", targets, "-o", model, "--report", scratch.path("r")});
    fit({"-d", classes, "--target", "3", "--task", "classify", "-o", classifier});
  }
};

}  // namespace

TEST_CASE("names from files cannot drive a terminal", "[printed]") {
  const Named named;
  const std::vector<std::vector<std::string>> reports = {
      {"evaluate", "-d", named.data, "-m", named.model},
      {"evaluate", "-d", named.data, "-m", named.model, "--json"},
      {"evaluate", "-d", named.classes, "-m", named.classifier},
      {"gram", "-i", named.data, "--frequencies", "16"},
      {"gram", "-i", named.data, "--frequencies", "16", "--json"},
      {"plan", "-i", named.data, "--columns", "1,2", "--json"}};
  for (const auto& arguments : reports) {
    INFO(arguments.front());
    const Outcome outcome = run_bochner(arguments);
    CHECK(outcome.status == 0);
    check_printable(outcome.out);
  }
  // Predictions are data in a file, and text on a terminal.
  const std::vector<std::string> predict = {"predict", "-d", named.data, "-m", named.model};
  CHECK_THAT(run_bochner(predict).out, Contains("\x1b[2J"));
  check_printable(on_terminal(predict));
  check_printable(on_terminal({"predict", "-d", named.classes, "-m", named.classifier}));
}

TEST_CASE("JSON of odd names is the same document", "[printed]") {
  const Named named;
  const Outcome outcome = run_bochner({"evaluate", "-d", named.data, "-m", named.model, "--json"});
  const auto document = nlohmann::json::parse(outcome.out);
  std::vector<std::string> targets;
  for (const auto& metric : document["metrics"]) {
    if (metric["metric"] == "RMSE") targets.push_back(metric["target"]);
  }
  std::vector<std::string> expected;
  for (const std::string& odd : kOdd) expected.push_back("y" + odd + "z");
  CHECK(targets == expected);
  CHECK(bochner::io::printable_json("\"\xF3\xA0\x80\x81\"") == "\"\\udb40\\udc01\"");
}

TEST_CASE("names in errors are printable, whole lines", "[printed]") {
  for (const std::string& odd : kOdd) {
    const std::string path = "/nowhere/" + odd + "\n";
    for (const auto& arguments : {std::vector<std::string>{"gram", "-i", path},
                                  std::vector<std::string>{"predict", "-d", path, "-m", path},
                                  std::vector<std::string>{"gram", "--features", odd, "-i", "x"},
                                  std::vector<std::string>{odd}}) {
      const Outcome outcome = run_bochner(arguments);
      CHECK(outcome.status != 0);
      check_printable(outcome.err);
      CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == outcome.status);
    }
  }
}

TEST_CASE("documents hold what XML allows", "[printed]") {
  using bochner::report::xml_text;
  CHECK(xml_text("a<b> & \"c\"") == "a&lt;b&gt; &amp; &quot;c&quot;");
  CHECK(xml_text("\xEF\xBF\xBE\xFF\x01") == "\\xef\\xbf\\xbe\\xff\\x01");
  CHECK(xml_text("\xE0\x80\x80\xED\xA0\x80\xF4\x90\x80\x80") ==
        "\\xe0\\x80\\x80\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80");
  CHECK(xml_text("h\xC3\xB6he \xE6\x97\xA5 \xF0\x9F\x98\x80") ==
        "h\xC3\xB6he \xE6\x97\xA5 \xF0\x9F\x98\x80");
  const Named named;
  for (const std::string file : {"path.svg", "predicted.svg", "report.json"}) {
    check_printable(slurp(named.scratch.path("r/" + file)));
  }
}
