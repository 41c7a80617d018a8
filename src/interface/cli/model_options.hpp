// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "interface/cli/input.hpp"
#include "pipeline/model_rows.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// \file
/// What the commands that use a fitted model have in common.

namespace bochner::cli {

struct ModelOptions {
  std::string data;
  std::string model;
  ReadingOptions reading;
  std::string threads = "0";
  bool json = false;
};

/// Declares --data with those words, --model, --threads and the options of `declare_reading`.
void declare_model_options(CLI::App& app, ModelOptions& options, const std::string& data_words);

/// Declares --output with those words, and --json for a report beside it.
void declare_model_output(CLI::App& app, ModelOptions& options, std::string& output,
                          const std::string& output_words);

/// How to read a file of rows. Throws UsageError.
io::ReadOptions reading_of(const ModelOptions& options);

/// A model and the rows to use it on.
struct ModelAtWork {
  Execution execution;
  pipeline::Model model;
  std::unique_ptr<io::RowReader> reader;
};

/// Throws UsageError and FileError.
ModelAtWork open_model(const ModelOptions& options, const pipeline::UsedColumns& columns);

/// The columns that `--keep` lists; nothing where it is empty.
std::optional<io::ColumnSelection> kept_columns(const std::string& list);

/// The names of the columns that are carried as text.
std::vector<std::string> text_names(const io::RowReader& reader);

/// Throws UsageError when a JSON report would go where the output goes.
void require_place_for_report(const ModelOptions& options, const std::string& output);

/// Where a JSON report was asked for, prints it.
void print_report(const std::string& command, const ModelOptions& options, ModelAtWork& work,
                  Index rows, const std::string& output);

}  // namespace bochner::cli
