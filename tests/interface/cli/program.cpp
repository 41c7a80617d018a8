// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/program.hpp"

#include "support/scratch.hpp"

#include <sys/wait.h>

#include <cstdlib>
#include <sstream>

namespace bochner::test {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string command_line(const std::vector<std::string>& arguments) {
  std::string out = quoted(BOCHNER_PROGRAM);
  for (const std::string& argument : arguments) out += " " + quoted(argument);
  return out;
}

Outcome shell(const std::string& script, const Setting& setting) {
  const Scratch scratch;
  std::string environment;
  for (const std::string& variable : setting.environment) {
    environment += "export " + quoted(variable) + "; ";
  }
  const std::string whole = environment + "{ " + script + "\n} <" +
                            quoted(scratch.write("in", setting.input)) + " >" +
                            quoted(scratch.path("out")) + " 2>" + quoted(scratch.path("err"));
  const int code = std::system(("bash -c " + quoted(whole)).c_str());
  return {WIFSIGNALED(code) ? 128 + WTERMSIG(code) : WEXITSTATUS(code), slurp(scratch.path("out")),
          slurp(scratch.path("err"))};
}

Outcome run_bochner(const std::vector<std::string>& arguments, const Setting& setting) {
  return shell(command_line(arguments) + " " + setting.shell_suffix, setting);
}

std::vector<std::string> lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

}  // namespace bochner::test
