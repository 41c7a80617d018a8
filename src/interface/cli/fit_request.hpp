// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/pipeline/fit.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/kernel_choice.hpp"

#include <CLI/CLI.hpp>

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
  std::string intervals = "none";
  bool feature_errors = false;
  PrecisionOption precision{Arithmetic::single_precision};
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

/// Throws UsageError.
pipeline::FitRequest parse_fit(const FitArguments& arguments);

}  // namespace bochner::cli
