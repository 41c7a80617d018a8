// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/io/table.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

/// \file
/// The options that say what to read, and reading it.

namespace bochner::cli {

/// How a file of rows is written, where it does not say so itself.
struct ReadingOptions {
  std::string format = "auto";
  std::string header = "auto";
  std::string delimiter = "auto";
  std::string decimal = "point";
  std::string width;
  bool zero_based = false;
};

/// Declares --format, --header, --delimiter, --decimal, --width and --zero-based, and returns them.
std::vector<CLI::Option*> declare_reading(CLI::App& app, ReadingOptions& options);

struct InputOptions {
  std::string path;
  std::string columns;
  std::string skipped_columns;
  ReadingOptions reading;
};

/// Declares the input under `name`, --columns, --skip-columns and the options of `declare_reading`.
void declare_input(CLI::App& app, InputOptions& options, const char* name = "-i,--input");

/// What they say, or with the chosen columns. Throws UsageError.
io::ReadOptions read_options(const ReadingOptions& options);
io::ReadOptions read_options(const InputOptions& options);

/// All rows of the input; the label of svmlight text is none of their columns unless it is chosen.
/// Throws FileError, also for a file without rows, one beyond the machine's memory, and a row x
/// where |x + y|^2 could leave the range of double for another y of its length.
io::Table read_input(const InputOptions& options);

/// Calls `work`, which is about the input's rows: where one is too long for it, throws a FileError
/// that says where the longest one stands.
void naming_long_rows(const io::Table& input, const std::function<void()>& work);

}  // namespace bochner::cli
