// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/input.hpp"

#include "bochner/core/error.hpp"
#include "core/numbers.hpp"
#include "interface/cli/options.hpp"
#include "io/message.hpp"
#include "io/row_reader.hpp"
#include "io/table_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>

namespace bochner::cli {

namespace {

/// The value of an option that is one of a few words.
template <class Value, std::size_t Count>
Value choice(const std::string& option, const std::string& text,
             const std::array<std::pair<std::string_view, Value>, Count>& choices) {
  std::string words;
  for (std::size_t i = 0; i < Count; ++i) {
    if (choices[i].first == text) return choices[i].second;
    words += (i == 0 ? "" : i + 1 == Count ? " or " : ", ") + std::string(choices[i].first);
  }
  throw UsageError(option + ": expected " + words + ", got " + io::quoted(text));
}

double squared_length(const double* row, Index columns) {
  return std::inner_product(row, row + columns, row, 0.0);
}

}  // namespace

std::vector<CLI::Option*> declare_reading(CLI::App& app, ReadingOptions& options) {
  std::vector<CLI::Option*> out;
  const auto add = [&](const char* name, std::string& value, const char* help) {
    out.push_back(app.add_option(name, value, help)->type_name("NAME")->capture_default_str());
  };
  add("--format", options.format,
      "Of the rows: csv (text with a delimiter), svmlight, npy, or auto: detected from content");
  add("--header", options.header,
      "Whether the first line of text holds names: yes, no, or auto (it does when nothing in it is "
      "a number, or when it counts the columns, from 0 or 1)");
  add("--delimiter", options.delimiter,
      "Between the fields of text: auto, comma, semicolon, tab, or space (blanks, any number of "
      "them); or the character itself");
  add("--decimal", options.decimal, "Before the fraction of a number: point or comma");
  out.push_back(app.add_option("--width", options.width,
                               "Columns of svmlight text beside the label (default: as its largest "
                               "index says)")
                    ->type_name("COUNT"));
  out.push_back(app.add_flag("--zero-based", options.zero_based,
                             "Indices of svmlight text count from 0: its columns are x0, x1, ..."));
  return out;
}

void declare_input(CLI::App& app, InputOptions& options, const char* name) {
  app.add_option(name, options.path,
                 "Rows of numbers: a .npy array, text with commas, semicolons, tabs or blanks, or "
                 "svmlight text; - is the standard input")
      ->type_name("FILE")
      ->required();
  app.add_option("--columns", options.columns,
                 "Columns to use, by number from 1 or by name: age,3-5,8-")
      ->type_name("LIST");
  app.add_option("--skip-columns", options.skipped_columns,
                 "Columns to leave out, in the same form")
      ->type_name("LIST");
  declare_reading(app, options.reading);
}

io::ReadOptions read_options(const ReadingOptions& options) {
  using io::Decimal, io::Delimiter, io::Format, io::Header;
  io::ReadOptions out;
  out.format = choice<Format, 4>("--format", options.format,
                                 {{{"auto", Format::automatic},
                                   {"csv", Format::csv},
                                   {"svmlight", Format::svmlight},
                                   {"npy", Format::npy}}});
  out.header = choice<Header, 3>(
      "--header", options.header,
      {{{"auto", Header::automatic}, {"yes", Header::present}, {"no", Header::absent}}});
  out.delimiter = choice<Delimiter, 9>("--delimiter", options.delimiter,
                                       {{{"auto", Delimiter::automatic},
                                         {"comma", Delimiter::comma},
                                         {"semicolon", Delimiter::semicolon},
                                         {"tab", Delimiter::tab},
                                         {",", Delimiter::comma},
                                         {";", Delimiter::semicolon},
                                         {"\t", Delimiter::tab},
                                         {" ", Delimiter::blanks},
                                         {"space", Delimiter::blanks}}});
  out.decimal = choice<Decimal, 2>("--decimal", options.decimal,
                                   {{{"point", Decimal::point}, {"comma", Decimal::comma}}});
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
