// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/cli/input.hpp"
#include "study/matrix_study.hpp"
#include "study/pair_study.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

/// \file
/// What a study of variances is asked for, from the options of the command line.

namespace bochner::cli {

struct StudyOptions {
  std::string kernel = "softmax";
  std::string features = "all";
  std::string projections = "all";
  std::string frequencies = "16:4096";
  std::string norms = "0.5,1";
  std::string angles = "0:pi";
  std::string dimension = "16";
  std::string pairs;
  ReadingOptions reading;
  std::string table;
  std::string replicates;
  std::string seed = "1";
  std::string threads = "0";
  std::string report;
  std::string checkpoint_seconds = "10";
  bool resume = false;
  bool json = false;
};

void declare_study(CLI::App& app, StudyOptions& options);

/// What was asked for.
struct StudyRequest {
  Kernel kernel;
  study::StudyPlan plan;
  study::MatrixStudyPlan matrix;
  std::string matrix_rows;
  std::optional<io::Table> input;
  Index dimension = 0;
  double longest = 2.0;  ///< of the ratio map
  Execution execution{};
};

/// All maps and pairs. Throws UsageError, and FileError for the file of pairs.
StudyRequest parse_study(const StudyOptions& options);

Seed parse_seed(const StudyOptions& options);
Execution parse_threads(const StudyOptions& options);
/// `otherwise` where none are asked for.
Index parse_replicates(const StudyOptions& options, Index otherwise);

}  // namespace bochner::cli
