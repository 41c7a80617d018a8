// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/input.hpp"

#include "bochner/core/error.hpp"
#include "core/numbers.hpp"
#include "interface/cli/choices.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/options.hpp"
#include "io/row_reader.hpp"
#include "io/table_reader.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string_view>

namespace bochner::cli {
namespace {

double squared_length(const double* row, Index columns) {
  return std::inner_product(row, row + columns, row, 0.0);
}

}  // namespace

std::vector<CLI::Option*> declare_reading(CLI::App& app, ReadingOptions& options) {
  std::vector<CLI::Option*> out;
  const auto add = [&](const char* name, std::string& value, const char* type, const char* help) {
    out.push_back(declare_text(app, name, value, type, help));
  };
  add("--format", options.format, "NAME",
      "Of the rows: csv (text with a delimiter), svmlight, npy, or auto: detected from content");
  add("--header", options.header, "NAME",
      "Whether the first line of text holds names: yes, no, or auto (it does when nothing in it is "
      "a number, or when it counts the columns, from 0 or 1)");
  add("--delimiter", options.delimiter, "NAME",
      "Between the fields of text: auto, comma, semicolon, tab, or space (blanks, any number of "
      "them); or the character itself");
  add("--decimal", options.decimal, "NAME", "Before the fraction of a number: point or comma");
  add("--width", options.width, "COUNT",
      "Columns of svmlight text beside the label (default: as its largest index says)");
  out.push_back(app.add_flag("--zero-based", options.zero_based,
                             "Indices of svmlight text count from 0: its columns are x0, x1, ..."));
  return out;
}

void declare_input(CLI::App& app, InputOptions& options, const char* name) {
  declare_text(app, name, options.path, "FILE",
               "Rows of numbers: a .npy array, text with commas, semicolons, tabs or blanks, or "
               "svmlight text; - is the standard input")
      ->required();
  declare_text(app, "--columns", options.columns, "LIST",
               "Columns to use, by number from 1 or by name: age,3-5,8-");
  declare_text(app, "--skip-columns", options.skipped_columns, "LIST",
               "Columns to leave out, in the same form");
  declare_reading(app, options.reading);
}

io::ReadOptions read_options(const ReadingOptions& options) {
  io::ReadOptions out;
  out.format = parse_choice<io::Format>("--format", options.format);
  out.header = parse_choice<io::Header>("--header", options.header);
  out.delimiter = parse_choice<io::Delimiter>("--delimiter", options.delimiter);
  out.decimal = parse_choice<io::Decimal>("--decimal", options.decimal);
  if (!options.width.empty()) {
    out.svmlight.width =
        static_cast<Index>(parse_whole("--width", options.width, 1, std::uint64_t{1} << 31));
  }
  if (options.zero_based) out.svmlight.first_index = 0;
  return out;
}

io::ReadOptions read_options(const InputOptions& options) {
  io::ReadOptions out = read_options(options.reading);
  if (!options.columns.empty()) out.columns.keep = parse_list("--columns", options.columns);
  if (!options.skipped_columns.empty()) {
    out.columns.drop = parse_list("--skip-columns", options.skipped_columns);
  }
  return out;
}

io::Table read_input(const InputOptions& options) {
  io::ReadOptions reading = read_options(options);
  reading.svmlight.label = io::Label::left_out;
  const auto reader = io::open_rows(options.path, reading);
  io::require_used(reading, *reader);
  return io::read_table(*reader, [&](MatrixView<const double> block) {
    for (Index i = 0; i < block.rows; ++i) {
      if (std::isfinite(4.0 * squared_length(block.row(i), block.cols))) continue;
      throw FileError(reader->place(i) +
                      ": the row is so long that its square leaves the range of double");
    }
  });
}

void naming_long_rows(const io::Table& input, const std::function<void()>& work) {
  try {
    work();
  } catch (const InvalidArgument& error) {
    if (std::string_view(error.what()).find(" is too long") == std::string_view::npos) throw;
    Index longest = 0;
    double most = -1.0;
    for (Index i = 0; i < input.rows.rows(); ++i) {
      const double square = squared_length(input.rows.row(i), input.rows.cols());
      if (square > most) longest = i;
      most = std::max(most, square);
    }
    throw FileError(
        input.path + ": " + input.where(longest) +
        ": the row is too long for this kernel and map: |x|^2 = " + significant(most, 3) +
        "; expected columns in other units, or another scale of the kernel");
  }
}

}  // namespace bochner::cli
