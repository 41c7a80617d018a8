// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/common_options.hpp"

#include "interface/cli/choices.hpp"
#include "interface/cli/options.hpp"

#include <cstdint>
#include <limits>

namespace bochner::cli {
namespace {

constexpr std::uint64_t kMostThreads = 4096;

/// The command's default first.
Choices<Arithmetic> precisions(Arithmetic standard) {
  Choices<Arithmetic> out = choices_of<Arithmetic>();
  std::stable_partition(out.begin(), out.end(), [&](const auto& c) { return c.value == standard; });
  return out;
}

}  // namespace

std::string PrecisionOption::default_text(Arithmetic standard) {
  return precisions(standard).front().word;
}

CLI::Option* declare_text(CLI::App& app, const std::string& name, std::string& text,
                          const std::string& type, const std::string& help) {
  return app.add_option(name, text, help)->type_name(type)->capture_default_str();
}

void declare_threads(CLI::App& app, std::string& text) {
  declare_text(app, "--threads", text, "COUNT", "Threads; 0 leaves it to OMP_NUM_THREADS");
}

void declare_seed(CLI::App& app, std::string& text, const std::string& help) {
  declare_text(app, "--seed", text, "N", help);
}

void declare_precision(CLI::App& app, PrecisionOption& option) {
  declare_text(app, "--precision", option.text, "WHICH",
               "Precision of the features: " + words_of(precisions(option.standard)));
}

void declare_frequencies(CLI::App& app, std::string& list) {
  declare_text(app, "--frequencies", list, "LIST",
               "Numbers of frequencies: 16:4096 doubles from 16 on; 100,200 is a list");
}

void declare_checkpoint_seconds(CLI::App& app, std::string& text, const std::string& help) {
  declare_text(app, "--checkpoint-seconds", text, "SECONDS", help);
}

CLI::Option* declare_output(CLI::App& app, std::string& path, const std::string& help) {
  return declare_text(app, "-o,--output", path, "FILE", help);
}

void declare_report(CLI::App& app, std::string& directory, const std::string& help) {
  declare_text(app, "--report", directory, "DIR", help);
}

void declare_json(CLI::App& app, bool& json, const std::string& help) {
  app.add_flag("--json", json, help);
}

Execution parse_threads(const std::string& text) {
  return {static_cast<int>(parse_whole("--threads", text, 0, kMostThreads))};
}

Seed parse_seed(const std::string& text) {
  return {parse_whole("--seed", text, 0, std::numeric_limits<std::uint64_t>::max())};
}

Arithmetic parse_arithmetic(const PrecisionOption& option) {
  return parse_choice("--precision", option.text, precisions(option.standard));
}

std::chrono::duration<double> parse_checkpoint_seconds(const std::string& text) {
  return std::chrono::duration<double>(parse_positive("--checkpoint-seconds", text));
}

}  // namespace bochner::cli
