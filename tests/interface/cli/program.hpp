// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace bochner::test {

/// What a run of the program left behind.
struct Outcome {
  int status = 0;  ///< exit status; 128 + the signal's number when one killed it
  std::string out;
  std::string err;
};

/// How to run it.
struct Setting {
  std::string input{};                     ///< for the standard input
  std::vector<std::string> environment{};  ///< NAME=VALUE, added to the caller's
  std::string shell_suffix{};              ///< appended to the command, as the shell reads it
};

/// Runs `bochner ARGUMENTS` and waits for it.
Outcome run_bochner(const std::vector<std::string>& arguments, const Setting& setting = {});

/// The command `bochner ARGUMENTS`, quoted for a shell.
std::string command_line(const std::vector<std::string>& arguments);

/// Runs a shell script and waits for it.
Outcome shell(const std::string& script, const Setting& setting = {});

std::vector<std::string> lines(const std::string& text);

}  // namespace bochner::test
