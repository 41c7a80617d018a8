// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/cli/input.hpp"
#include "study/matrix_study.hpp"
#include "study/pair_study.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// \file
/// What a study of variances is asked for, from the options of the command line.

namespace bochner::cli {

/// The command line of `variance`, as text.
struct StudyArguments {
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

void declare_study_arguments(CLI::App& app, StudyArguments& arguments);

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
  std::chrono::duration<double> checkpoint_interval{};
};

/// All maps and pairs. Throws UsageError, and FileError for the file of pairs.
StudyRequest parse_study(const StudyArguments& arguments);

/// What a table is asked for.
enum class TableName { equal_columns, attention_matrix };

constexpr std::array<std::string_view, 2> names_of(TableName) {
  return {"equal-columns", "attention-matrix"};
}

struct TableRequest {
  TableName name = TableName::equal_columns;
  Index replicates = 0;
  Seed seed;
  Execution execution{};
};

/// Throws UsageError.
TableRequest parse_table(const StudyArguments& arguments);

}  // namespace bochner::cli
