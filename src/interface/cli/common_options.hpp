// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/core/view.hpp"
#include "bochner/random/stream.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <string>

/// \file
/// The options that sub-commands have in common: declared here, and parsed here.

namespace bochner::cli {

/// An option that is kept as text until it is parsed; help shows what it holds now, if anything, as
/// the default.
CLI::Option* declare_text(CLI::App& app, const std::string& name, std::string& text,
                          const std::string& type, const std::string& help);

void declare_threads(CLI::App& app, std::string& text);
void declare_seed(CLI::App& app, std::string& text, const std::string& help);

/// --precision of the features: the command's default, which messages name first, and what was
/// said.
struct PrecisionOption {
  Arithmetic standard;
  std::string text = default_text(standard);

  static std::string default_text(Arithmetic standard);
};
void declare_precision(CLI::App& app, PrecisionOption& option);

/// As `parse_frequencies` reads them.
void declare_frequencies(CLI::App& app, std::string& list);
void declare_checkpoint_seconds(CLI::App& app, std::string& text, const std::string& help);
CLI::Option* declare_output(CLI::App& app, std::string& path, const std::string& help);
void declare_report(CLI::App& app, std::string& directory, const std::string& help);
void declare_json(CLI::App& app, bool& json, const std::string& help = "Print JSON");

/// Each throws UsageError.
Execution parse_threads(const std::string& text);
Seed parse_seed(const std::string& text);
Arithmetic parse_arithmetic(const PrecisionOption& option);
std::chrono::duration<double> parse_checkpoint_seconds(const std::string& text);

}  // namespace bochner::cli
