// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/core/view.hpp"
#include "bochner/io/column_names.hpp"
#include "bochner/io/read_options.hpp"
#include "io/byte_source.hpp"
#include "io/word_columns.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bochner::io {

/// Rows of numbers, one block after the other, so that a file may be larger than memory. Whatever
/// is wrong with the file is a FileError with its name and the line, or row and column, counted
/// from 1.
class RowReader {
 public:
  virtual ~RowReader() = default;

  /// What to call the file in messages.
  const std::string& file() const noexcept { return file_; }
  /// What it turned out to be; not automatic.
  Format format() const noexcept { return format_; }
  /// What was found, in words: "CSV, comma, header, 9 columns".
  const std::string& layout() const noexcept { return layout_; }
  /// All columns of the file.
  const ColumnNames& columns() const noexcept { return columns_; }
  /// Columns chosen, where they stand in the file, counted from 0.
  std::span<const Index> places() const noexcept { return places_; }
  Index cols() const noexcept { return static_cast<Index>(places_.size()); }
  /// The name of a chosen column, or its number in the file counted from 1.
  std::string name(Index column) const;
  /// The names of all that are chosen, or nothing for a file without.
  std::span<const std::string> names() const;

  /// Rows, where the file says so and its length bears it out.
  virtual std::optional<Index> rows() const { return std::nullopt; }
  /// Extents of the array in the file; empty where it does not say.
  virtual std::span<const Index> shape() const { return {}; }
  /// Names of the classes known or read so far, by number; empty without a column of classes.
  std::span<const std::string> classes() const noexcept { return words_.classes(); }

  /// Fills the first rows of `block` (any strides, `cols()` columns) with the rows that come next
  /// and returns how many; fewer than `block.rows` only at the end.
  virtual Index read(MatrixView<float> block) = 0;
  virtual Index read(MatrixView<double> block) = 0;

  /// Columns carried as text, where they stand in the file.
  std::span<const Index> text_places() const noexcept { return words_.text_places(); }
  /// What row `row` of the last block says in the text column `column`, counted from 0.
  std::string_view text(Index row, Index column) const { return words_.text(row, column); }

  /// Where row `row` of the last block stands in the file: the line as an editor counts, or the
  /// row of an array, from 1.
  virtual Index line_of(Index row) const = 0;
  /// What `line_of` counts: "line" or "row".
  std::string_view unit() const noexcept { return counted_ == Counted::lines ? "line" : "row"; }
  /// "train.csv: line 7" or "x.npy: row 7", for a message about that row.
  std::string place(Index row) const;
  /// "train.csv: line 7, column 2 ('age')", for one about a number in a chosen column.
  std::string place(Index row, Index column) const;

  /// Reads on to the end of the file and returns the SHA-256 of its bytes.
  virtual std::string digest() = 0;

 protected:
  enum class Counted { lines, rows };
  RowReader(std::string file, Format format, Counted counted)
      : file_(std::move(file)), format_(format), counted_(counted) {}

  /// Once the columns are known: chooses those of `options`.
  void choose(ColumnNames columns, const ReadOptions& options);
  /// "column 2 ('age')".
  std::string column_words(Index file_column) const;

  std::string file_;
  Format format_;
  std::string layout_;
  ColumnNames columns_;
  std::vector<Index> places_;
  WordColumns words_;

 private:
  Counted counted_;
  mutable std::vector<std::string> names_;  ///< made when asked for
};

/// Opens a .npy, .npz, text or svmlight file, told apart by its content unless `options` say so;
/// "-" is the standard input, `file.npz:name` one array of several.
std::unique_ptr<RowReader> open_rows(const std::string& path, const ReadOptions& options = {});
/// From the first byte of `source` on.
std::unique_ptr<RowReader> open_rows(std::unique_ptr<ByteSource> source,
                                     const ReadOptions& options = {});

/// Rows of a block of 1 MiB of doubles, at least 1 and at most 4,096.
Index rows_at_a_time(Index columns) noexcept;

/// Passes the remaining rows to `use(MatrixView<double>)`, in blocks of `at_a_time` rows; the last
/// may be shorter or empty. During each call the block is the reader's last, the one that `place`
/// is about.
template <class Use>
void for_each_block(RowReader& reader, Index at_a_time, const Use& use) {
  Matrix<double> block(at_a_time, reader.cols());
  for (Index got = at_a_time; got == at_a_time;) {
    got = reader.read(block.view());
    use(block.view().middle_rows(0, got));
  }
}

/// All remaining rows. `each`, if there is one, gets every block of them while it is the reader's
/// last, the one that `place` is about.
template <Scalar T>
Matrix<T> read_all(RowReader& reader, const std::function<void(MatrixView<const T>)>& each = {});

extern template Matrix<float> read_all(RowReader&,
                                       const std::function<void(MatrixView<const float>)>&);
extern template Matrix<double> read_all(RowReader&,
                                        const std::function<void(MatrixView<const double>)>&);

}  // namespace bochner::io
