// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "io/byte_source.hpp"
#include "io/csv_dialect.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace bochner::io {

/// The records of delimiter-separated text [RFC 4180], one after the other.
class CsvRecords {
 public:
  /// `source` must outlive the records. Skips a byte-order mark and, before the first record, blank
  /// lines and those that begin with #; an automatic delimiter is chosen from the first lines.
  CsvRecords(ByteSource& source, Delimiter delimiter);

  Delimiter delimiter() const noexcept { return delimiter_; }
  /// What the first record seems to be.
  FirstLine first_line() const noexcept { return first_line_; }
  /// Lines skipped before it.
  Index skipped() const noexcept { return skipped_; }
  /// Takes the next record; false at the end.
  bool next();
  /// Fields of the record, valid until `next`; a quoted field appears without its quotes.
  const std::vector<std::string_view>& fields() const noexcept { return fields_; }
  /// The line on which the record begins, counted from 1.
  Index line() const noexcept { return line_; }

  /// Throws FileError "file: line 7: what", or "file: line 7, column 2 ('age'): what" for a column
  /// counted from 0.
  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void fail(Index column, const std::string& what,
                         const std::string& column_name = "") const;

 private:
  void skip_remarks();
  bool take_record();
  std::vector<std::string_view> first_lines();
  void split();
  char* unquote(char* begin, char* end);
  bool is_delimiter(char c) const;

  ByteSource& source_;
  Delimiter delimiter_;
  char line_end_ = '\n';
  FirstLine first_line_ = FirstLine::data;
  bool first_waits_ = false;
  Index skipped_ = 0;
  std::string record_;
  std::vector<std::string_view> fields_;
  Index line_ = 0;
  Index next_line_ = 1;
};

}  // namespace bochner::io
