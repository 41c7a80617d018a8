// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/core/view.hpp"
#include "interface/io/column_selection.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bochner::io {

/// What to do with NaN and infinity in a file. Fields that are empty or say NA are refused always.
enum class NonFinite { refuse, keep };

/// Whether the first line of a text file holds names. `automatic`: it does when none of its fields
/// is a number.
enum class Header { automatic, present, absent };

/// What is expected of an array with more than two dimensions.
enum class LeadingDimensions {
  refuse,
  flatten  ///< all but the last become rows
};

/// A column that holds classes. Its values become their numbers, counted from 0.
struct ClassColumn {
  Index column = 0;                  ///< among those chosen
  std::vector<std::string> known{};  ///< the first numbers; further classes take the next ones
};

struct ReadOptions {
  ColumnSelection columns{};
  NonFinite non_finite = NonFinite::refuse;
  Header header = Header::automatic;
  LeadingDimensions leading = LeadingDimensions::refuse;
  std::optional<ClassColumn> classes{};
};

/// Rows of numbers, one block after the other, so that a file may be larger than memory. Whatever
/// is wrong with the file is a FileError with its name and the line, or row and column, counted
/// from 1.
class RowReader {
 public:
  virtual ~RowReader() = default;

  /// Columns chosen.
  virtual Index cols() const = 0;
  /// Their names, or nothing for a file without.
  virtual std::span<const std::string> names() const = 0;
  /// Rows, where the file says so and its length bears it out.
  virtual std::optional<Index> rows() const = 0;
  /// Extents of the array in the file; empty where it does not say.
  virtual std::span<const Index> shape() const = 0;
  /// Names of the classes known or read so far, by number; empty without a column of classes.
  virtual std::span<const std::string> classes() const { return {}; }

  /// Fills the first rows of `block` (any strides, `cols()` columns) with the rows that come next
  /// and returns how many; fewer than `block.rows` only at the end.
  virtual Index read(MatrixView<float> block) = 0;
  virtual Index read(MatrixView<double> block) = 0;

  /// Reads on to the end of the file and returns the SHA-256 of its bytes.
  virtual std::string digest() = 0;
};

/// Opens a .npy, text or svmlight file, told apart by its content; "-" is the standard input.
std::unique_ptr<RowReader> open_rows(const std::string& path, const ReadOptions& options = {});

/// All rows that are left.
template <Scalar T>
Matrix<T> read_all(RowReader& reader);

extern template Matrix<float> read_all<float>(RowReader&);
extern template Matrix<double> read_all<double>(RowReader&);

}  // namespace bochner::io
