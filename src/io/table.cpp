// SPDX-License-Identifier: Apache-2.0
#include "bochner/io/table.hpp"

#include "bochner/core/error.hpp"
#include "core/memory.hpp"
#include "io/table_reader.hpp"

#include <array>
#include <cstddef>

namespace bochner::io {

UnusedOption::~UnusedOption() = default;

std::string Table::where(Index row) const {
  return counted + " " + std::to_string(lines[static_cast<std::size_t>(row)]);
}

Table read_table(RowReader& reader, const std::function<void(MatrixView<const double>)>& each) {
  if (reader.rows() == 0) throw FileError(reader.file() + ": has no rows");
  if (const auto rows = reader.rows()) {
    require_memory(reader.file(), static_cast<double>(*rows) * static_cast<double>(reader.cols()) *
                                      sizeof(double));
  }
  Table table;
  table.path = reader.file();
  table.layout = reader.layout();
  table.counted = reader.unit();
  table.rows = read_all<double>(reader, [&](MatrixView<const double> block) {
    if (each) each(block);
    for (Index i = 0; i < block.rows; ++i) table.lines.push_back(reader.line_of(i));
  });
  if (table.rows.rows() == 0) throw FileError(table.path + ": has no rows");
  table.digest = reader.digest();
  table.columns.assign(reader.names().begin(), reader.names().end());
  return table;
}

Table read_table(const std::string& path, const ReadOptions& options) {
  const auto reader = open_rows(path, options);
  require_used(options, *reader);
  return read_table(*reader);
}

void require_used(const ReadOptions& options, const RowReader& reader) {
  struct Given {
    const char* option;
    bool given;
    Format format;
    const char* of;
  };
  const ReadOptions unsaid;
  const std::array<Given, 5> all = {{
      {"header", options.header != unsaid.header, Format::csv, "text with a delimiter"},
      {"delimiter", options.delimiter != unsaid.delimiter, Format::csv, "text with a delimiter"},
      {"decimal", options.decimal != unsaid.decimal, Format::csv, "text with a delimiter"},
      {"width", options.svmlight.width.has_value(), Format::svmlight, "svmlight text"},
      {"zero-based", options.svmlight.first_index == 0, Format::svmlight, "svmlight text"},
  }};
  for (const Given& option : all) {
    if (!option.given || option.format == reader.format()) continue;
    throw UnusedOption(std::string(option.option) + ": is for " + option.of + ", and " +
                       reader.file() + " is " + reader.layout());
  }
}

}  // namespace bochner::io
