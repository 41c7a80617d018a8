// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/error.hpp"
#include "bochner/core/view.hpp"
#include "interface/io/row_reader.hpp"

#include <string>
#include <vector>

/// \file
/// How the columns of a file become inputs of a model.

namespace bochner::cli {

/// A number of a block of rows that cannot be used, row and column counted from 0, for whoever
/// knows where in the file it stands.
class CellError : public InvalidArgument {
 public:
  CellError(Index row, Index column, const std::string& what)
      : InvalidArgument(what), row_(row), column_(column) {}
  Index row() const noexcept { return row_; }
  Index column() const noexcept { return column_; }

 private:
  Index row_;
  Index column_;
};

/// `work()`, its CellError made a FileError that names the place in the last block of `reader`.
template <class Work>
auto naming_cells(const io::RowReader& reader, const Work& work) {
  try {
    return work();
  } catch (const CellError& error) {
    throw FileError(reader.place(error.row(), error.column()) + ": " + error.what());
  }
}

/// x' = (x - centre) / scale, one of each per column.
struct Standardisation {
  std::vector<double> centre;
  std::vector<double> scale;  ///< positive

  /// In double, then rounded to T. Throws CellError for a number that T cannot hold; rows count
  /// from `first_row`.
  template <Scalar T>
  void apply(MatrixView<const double> rows, MatrixView<T> out, Index first_row = 0) const;
};

}  // namespace bochner::cli
