// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/gram/nystrom.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/input.hpp"
#include "interface/cli/kernel_choice.hpp"
#include "study/gram_study.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

/// \file
/// What `gram` is asked to do.

namespace bochner::cli {

/// The command line of `gram`, as text.
struct GramArguments {
  InputOptions input;
  KernelOptions kernel;
  std::string features = "auto";
  std::string projections = "auto";
  std::string frequencies = "16:4096";
  PrecisionOption precision{Arithmetic::double_precision};
  std::string seed = "1";
  std::string draws = "1";
  std::string threads = "0";
  std::string rows = "all";
  bool certify = false;
  std::string compare;
  std::string lambda = "auto";
  std::string samples = "20000";
  std::string report;
  bool json = false;
};

/// What certificates and comparisons are asked for.
struct VerdictRequest {
  bool certify = false;
  std::vector<Pivoting> pivotings;
  std::optional<double> lambda;  ///< nothing: by the number of rows
  Index samples = 0;

  bool wanted() const { return certify || !pivotings.empty(); }
};

struct GramRequest {
  study::GramStudyPlan plan;  ///< its kernel before data say the scale
  std::optional<Index> rows;  ///< so many at random; nothing: all
  VerdictRequest verdict;
};

void declare_gram_arguments(CLI::App& app, GramArguments& arguments);

/// Everything that can be known before the data are. Throws UsageError.
GramRequest parse_gram(const GramArguments& arguments);

}  // namespace bochner::cli
