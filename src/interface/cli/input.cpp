// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/input.hpp"

#include "bochner/core/error.hpp"
#include "interface/cli/memory.hpp"
#include "interface/cli/options.hpp"

#include <algorithm>

namespace bochner::cli {

void declare_input(CLI::App& app, InputOptions& options, const char* name) {
  app.add_option(name, options.path,
                 "Rows of numbers: a .npy array or text with commas, semicolons or tabs; - is the "
                 "standard input")
      ->type_name("FILE")
      ->required();
  app.add_option("--columns", options.columns,
                 "Columns to use, by name or by number from 1: age,3-5,8-")
      ->type_name("LIST");
  app.add_option("--skip-columns", options.skipped_columns, "Columns to leave out, written alike")
      ->type_name("LIST");
  app.add_option("--header", options.header,
                 "Whether the first line of text holds names: auto (it does when nothing in it is "
                 "a number), yes or no")
      ->type_name("WHEN")
      ->capture_default_str();
}

io::ReadOptions read_options(const InputOptions& options) {
  io::ReadOptions out;
  if (!options.columns.empty()) out.columns.keep = parse_list("--columns", options.columns);
  if (!options.skipped_columns.empty()) {
    out.columns.drop = parse_list("--skip-columns", options.skipped_columns);
  }
  if (options.header == "yes") {
    out.header = io::Header::present;
  } else if (options.header == "no") {
    out.header = io::Header::absent;
  } else if (options.header != "auto") {
    throw UsageError("--header: expected auto, yes or no, got '" + options.header + "'");
  }
  return out;
}

Input read_input(const InputOptions& options) {
  const auto reader = io::open_rows(options.path, read_options(options));
  if (const auto rows = reader->rows()) {
    require_memory(options.path, static_cast<double>(*rows) * static_cast<double>(reader->cols()) *
                                     sizeof(double));
  }
  Input input;
  input.path = options.path == "-" ? "standard input" : options.path;
  input.rows = io::read_all<double>(*reader);
  if (input.rows.rows() == 0) throw FileError(input.path + ": has no rows");
  input.digest = reader->digest();
  input.columns.assign(reader->names().begin(), reader->names().end());
  return input;
}

}  // namespace bochner::cli
