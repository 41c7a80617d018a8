// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/plan.hpp"
#include "bochner/estimator/recommend.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/kernel_choice.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

/// \file
/// What `bochner plan` is asked.

namespace bochner::cli {

/// The command line of `plan`, as text.
struct PlanArguments {
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

void declare_plan_arguments(CLI::App& app, PlanArguments& arguments);

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
PlanRequest parse_plan(const PlanArguments& arguments);

/// The map that was asked for, with `num_frequencies` at least the fewest it can have. Throws
/// UsageError where its parts do not go together.
FeatureMapSpec chosen_spec(const PlanRequest& request, const Kernel& kernel, Index dimension);

}  // namespace bochner::cli
