// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/plan.hpp"
#include "bochner/estimator/recommend.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/kernel_choice.hpp"
#include "interface/cli/usage_error.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <optional>
#include <string>

/// \file
/// What `bochner plan` is asked.

namespace bochner::cli {

struct PlanOptions {
  InputOptions input;
  std::string pairs;
  std::string norms;
  std::string angles = "0:pi";
  std::string dimension;
  std::string radius;
  KernelOptions kernel;
  std::string features;
  std::string projection;
  std::string budget = "256";
  std::string error;
  std::string unit = "relative";
  std::string confidence = "0.95";
  std::string basis = "asymptotic";
  std::string seed = "1";
  std::string threads = "0";
  bool json = false;
};

void declare_options(CLI::App& app, PlanOptions& options);

/// The value of an enumeration by its name. Throws UsageError with all names.
template <class Enum>
Enum parse_name(const char* option, const std::string& text) {
  const auto names = names_of(Enum{});
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) {
    std::string expected;
    for (const std::string_view name : names) {
      expected += (expected.empty() ? "" : ", ") + std::string(name);
    }
    throw UsageError(std::string(option) + ": expected one of " + expected + ", got '" + text +
                     "'");
  }
  return static_cast<Enum>(found - names.begin());
}

/// The command line, read in full before any file is.
struct PlanRequest {
  std::optional<ErrorTarget> target;  ///< none: the ranking alone
  Basis basis = Basis::asymptotic;
  Budget budget;  ///< what maps are ranked at
  Execution execution{};
  std::optional<FeatureFunction> features;  ///< none: the first of the ranking
  Projection projection = OrthogonalProjection{};
};

/// Throws UsageError for options that cannot be read, and for those that go with others alone.
PlanRequest parse_request(const PlanOptions& options);

/// The map that was asked for, with `num_frequencies` at least the fewest it can have. Throws
/// UsageError where its parts do not go together.
FeatureMapSpec chosen_spec(const PlanRequest& request, const Kernel& kernel, Index dimension);

}  // namespace bochner::cli
