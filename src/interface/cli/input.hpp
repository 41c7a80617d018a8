// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "interface/io/row_reader.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

/// \file
/// The options that say what to read, and reading it.

namespace bochner::cli {

struct InputOptions {
  std::string path;
  std::string columns;
  std::string skipped_columns;
  std::string header = "auto";
};

/// Declares the input under `name`, --columns, --skip-columns and --header.
void declare_input(CLI::App& app, InputOptions& options, const char* name = "-i,--input");

/// Rows, and what identifies them.
struct Input {
  std::string path;
  std::string digest;                ///< SHA-256 of the file
  std::vector<std::string> columns;  ///< names; empty where the file has none
  Matrix<double> rows;
};

/// The chosen columns as reading options. Throws UsageError.
io::ReadOptions read_options(const InputOptions& options);

/// All rows of the input. Throws FileError, also for a file without rows or beyond the machine's
/// memory.
Input read_input(const InputOptions& options);

}  // namespace bochner::cli
