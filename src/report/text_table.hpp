// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace bochner::report {

/// A table for the terminal: columns aligned to the right, neighbours of one group under a common
/// heading. What is no printable text (see `io::printable`) is written as escapes.
class TextTable {
 public:
  struct Column {
    std::string title;
    std::string group{};  ///< empty: none
  };

  explicit TextTable(std::vector<Column> columns);
  /// One cell a column.
  void add_row(std::vector<std::string> cells);
  /// All lines, each ended by a newline.
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace bochner::report
