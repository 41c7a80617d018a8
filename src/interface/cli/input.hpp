// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "interface/io/row_reader.hpp"

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

/// Rows, and what identifies them.
struct Input {
  std::string path;
  std::string digest;                ///< SHA-256 of the file
  std::string layout;                ///< what was found: "CSV, comma, header, 9 columns"
  std::vector<std::string> columns;  ///< names; empty where the file has none
  Matrix<double> rows;
  std::string counted;       ///< what `lines` are: "line" of a text, "row" of an array
  std::vector<Index> lines;  ///< where each row stands in the file, from 1

  /// "line 7".
  std::string where(Index row) const;
};

/// What they say, or with the chosen columns. Throws UsageError.
io::ReadOptions read_options(const ReadingOptions& options);
io::ReadOptions read_options(const InputOptions& options);

/// Throws UsageError for an option that says nothing about files of the format that was found.
void require_used(const ReadingOptions& options, const io::RowReader& reader);

/// All rows of the input; the label of svmlight text is none of their columns unless it is chosen.
/// Throws FileError, also for a file without rows, one beyond the machine's memory, and a row x
/// where |x + y|^2 could leave the range of double for another y of its length.
Input read_input(const InputOptions& options);

/// Calls `work`, which is about the input's rows: where one is too long for it, throws a FileError
/// that says where the longest one stands.
void naming_long_rows(const Input& input, const std::function<void()>& work);

}  // namespace bochner::cli
