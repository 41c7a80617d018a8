// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "interface/io/byte_source.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace bochner::io {

/// The records of delimiter-separated text [RFC 4180], one after the other.
class CsvRecords {
 public:
  /// `source` must outlive the records. Skips a byte-order mark.
  explicit CsvRecords(ByteSource& source);

  /// The character that separates fields, chosen from the first record.
  char delimiter() const noexcept { return delimiter_; }
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
  bool take_record();
  void choose_delimiter();
  void split();
  char* unquote(char* begin, char* end);

  ByteSource& source_;
  char delimiter_ = '\0';
  std::string record_;
  std::vector<std::string_view> fields_;
  Index line_ = 0;
  Index next_line_ = 1;
};

}  // namespace bochner::io
