// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <span>

/// \file
/// Sub-commands. A new one is a file x.cpp with `std::function<void()> declare_x(CLI::App&)` and a
/// line in the table of command.cpp.

namespace bochner::cli {

struct Command {
  const char* name;
  const char* summary;
  /// Declares the options on `app` and returns what runs the command once they are parsed.
  std::function<void()> (*declare)(CLI::App& app);
};

std::span<const Command> commands();

/// Parses the command line and runs what it says. Returns the exit status: 0, 1 when something
/// failed, 2 when the command line makes no sense, 128 + a signal's number.
int run(int argc, char** argv);

}  // namespace bochner::cli
