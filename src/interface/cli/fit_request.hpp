// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/fit.hpp"
#include "bochner/client/regression/search.hpp"
#include "bochner/core/execution.hpp"
#include "bochner/feature_map.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/kernel_choice.hpp"
#include "interface/cli/training_file.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <set>
#include <string>

/// \file
/// What `fit` is asked to do.

namespace bochner::cli {

/// The command line of `fit`, as text.
struct FitArguments {
  InputOptions input;
  KernelOptions kernel;
  std::string target;
  std::string task = "regress";
  std::string loss = "squared";
  std::string features = "auto";
  std::string projection = "auto";
  std::string frequencies = "1024";
  std::string ridge = "auto";
  std::string solver = "auto";
  std::string validate = "5-fold";
  std::string groups;
  std::string weights;
  std::string posterior = "mean";
  std::string precision = "single";
  std::string seed = "1";
  std::string threads = "0";
  std::string output;
  std::string report;
  std::string checkpoint_seconds = "60";
  bool resume = false;
  bool json = false;
  std::set<std::string> given;  ///< names of the options that were said
};

void declare_fit_arguments(CLI::App& app, FitArguments& arguments);

/// What is minimised beside the penalty.
enum class Objective {
  squared,  ///< squared errors: of targets, or of one output a class
  logistic  ///< minus the log-likelihood of the classes
};

/// How what is left open is chosen.
struct SearchPlan {
  LengthscaleSearch lengthscales = LengthscaleSearch::fixed;
  Criterion criterion = Criterion::k_fold;
  Index num_folds = 5;
};

/// Everything that can be known before the data are.
struct FitRequest {
  Task task = Task::regress;
  Objective objective = Objective::squared;
  FeatureMapSpec spec;
  KernelOptions kernel;  ///< with nothing left to search
  SearchPlan search;
  std::optional<double> ridge;
  Posterior posterior = Posterior::mean;
  Solver solver = Solver::cholesky;  ///< or conjugate_gradients
  double checkpoint_seconds = 0.0;
  Execution execution;
  bool single = true;
};

/// Throws UsageError.
FitRequest parse_fit(const FitArguments& arguments);

}  // namespace bochner::cli
