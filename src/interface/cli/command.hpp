// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <span>

/// \file
/// Sub-commands. A new one is a file and a line in the table of command.cpp.

namespace bochner::cli {

struct Command {
  const char* name;
  const char* summary;
  /// Declares the options on `app` and returns what runs the command once they are parsed.
  std::function<void()> (*declare)(CLI::App& app);
};

std::span<const Command> commands();

std::function<void()> declare_attend(CLI::App& app);
std::function<void()> declare_evaluate(CLI::App& app);
std::function<void()> declare_features(CLI::App& app);
std::function<void()> declare_fit(CLI::App& app);
std::function<void()> declare_gram(CLI::App& app);
std::function<void()> declare_info(CLI::App& app);
std::function<void()> declare_plan(CLI::App& app);
std::function<void()> declare_predict(CLI::App& app);
std::function<void()> declare_variance(CLI::App& app);

/// Parses the command line and runs what it says. Returns the exit status: 0, 1 when something
/// failed, 2 when the command line cannot be meant, 128 + a signal's number.
int run(int argc, char** argv);

}  // namespace bochner::cli
