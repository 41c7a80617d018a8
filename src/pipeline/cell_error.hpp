// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/error.hpp"
#include "bochner/core/view.hpp"
#include "io/row_reader.hpp"

#include <string>

namespace bochner::pipeline {

/// A number of a block of rows that cannot be used, row and column counted from 0, for whoever
/// knows where in the file it stands.
class CellError : public InvalidArgument {
 public:
  CellError(Index row, Index column, const std::string& what)
      : InvalidArgument("row " + std::to_string(row) + ", column " + std::to_string(column) + ": " +
                        what),
        row_(row),
        column_(column),
        reason_(what) {}
  Index row() const noexcept { return row_; }
  Index column() const noexcept { return column_; }
  const std::string& reason() const noexcept { return reason_; }

 private:
  Index row_;
  Index column_;
  std::string reason_;
};

/// `work()`, its CellError made a FileError that names the place in the last block of `reader`.
template <class Work>
auto naming_cells(const io::RowReader& reader, const Work& work) {
  try {
    return work();
  } catch (const CellError& error) {
    throw FileError(reader.place(error.row(), error.column()) + ": " + error.reason());
  }
}

}  // namespace bochner::pipeline
