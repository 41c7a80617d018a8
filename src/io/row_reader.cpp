// SPDX-License-Identifier: Apache-2.0
#include "io/row_reader.hpp"

#include "io/resolve_columns.hpp"

#include "bochner/core/error.hpp"
#include "core/door.hpp"
#include "io/csv_reader.hpp"
#include "io/message.hpp"
#include "io/npy_header.hpp"
#include "io/npy_reader.hpp"
#include "io/npz.hpp"
#include "io/svmlight_reader.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace bochner::io {
namespace {

using namespace std::string_view_literals;

/// Containers that people pass by mistake, and what to do instead.
constexpr std::array kOtherFormats = {
    std::pair{"\x1f\x8b"sv, "is compressed with gzip; pipe it through zcat and read '-'"},
    std::pair{"\x89HDF\r\n"sv, "is an HDF5 file, expected .npy or .csv"},
    std::pair{"PAR1"sv, "is a Parquet file, expected .npy or .csv"},
};

constexpr Index kBlockBytes = Index{1} << 20;
constexpr Index kMostRowsAtATime = 4096;

std::string_view head(ByteSource& source, std::size_t least) {
  const std::span<const std::byte> bytes = source.peek(least);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_npy(std::string_view text) {
  return kNpyMagic.starts_with(text.substr(0, kNpyMagic.size()));
}

}  // namespace

std::string RowReader::name(Index column) const {
  return columns_.name_or_number(places_[static_cast<std::size_t>(column)]);
}

std::span<const std::string> RowReader::names() const {
  if (names_.empty() && columns_.named()) {
    for (const Index place : places_) names_.push_back(columns_.name(place));
  }
  return names_;
}

std::string RowReader::place(Index row) const {
  return file_ + ": " + std::string(unit()) + " " + std::to_string(line_of(row));
}

std::string RowReader::place(Index row, Index column) const {
  return place(row) + ", " + column_words(places_[static_cast<std::size_t>(column)]);
}

std::string RowReader::column_words(Index file_column) const {
  const std::string name = columns_.name(file_column);
  return "column " + std::to_string(file_column + 1) +
         (name.empty() ? "" : " (" + io::quoted(name) + ")");
}

void RowReader::choose(ColumnNames columns, const ReadOptions& options) {
  columns_ = std::move(columns);
  places_ = resolve(options.columns, columns_, file_);
  const auto check = [&](const char* member, Index column) {
    if (column >= 0 && column < cols()) return;
    Door("ReadOptions")
        .refuse(std::string(member) + " names column " + std::to_string(column) +
                " of those chosen, expected 0 to " + std::to_string(cols() - 1));
  };
  if (options.classes) check("classes", options.classes->column);
  for (const Index column : options.groups) check("groups", column);
  words_ = WordColumns(options, columns_, file_);
}

std::unique_ptr<RowReader> open_rows(const std::string& path, const ReadOptions& options) {
  return open_rows(open_source(path), options);
}

std::unique_ptr<RowReader> open_rows(std::unique_ptr<ByteSource> source,
                                     const ReadOptions& options) {
  const std::string_view text = head(*source, kNpyMagic.size());
  if (text.empty()) throw FileError(source->name() + ": is empty");
  if (text.starts_with(kZipMagic)) {
    return open_npy(open_npz_member(std::move(source), ""), options);
  }
  switch (options.format) {
    case Format::npy:
      return open_npy(std::move(source), options);
    case Format::svmlight:
      return open_svmlight(std::move(source), options);
    case Format::csv:
      return open_csv(std::move(source), options);
    case Format::automatic:
      break;
  }
  if (is_npy(text)) return open_npy(std::move(source), options);
  for (const auto& [magic, advice] : kOtherFormats) {
    if (text.starts_with(magic)) throw FileError(source->name() + ": " + advice);
  }
  if (looks_like_svmlight(head(*source, ByteSource::kMostPeeked))) {
    return open_svmlight(std::move(source), options);
  }
  return open_csv(std::move(source), options);
}

Index rows_at_a_time(Index columns) noexcept {
  const Index row_bytes = std::max<Index>(1, columns) * static_cast<Index>(sizeof(double));
  return std::clamp<Index>(kBlockBytes / row_bytes, 1, kMostRowsAtATime);
}

template <Scalar T>
Matrix<T> read_all(RowReader& reader, const std::function<void(MatrixView<const T>)>& each) {
  if (const auto rows = reader.rows()) {
    Matrix<T> out(*rows, reader.cols());
    const Index got = reader.read(out.view());
    if (each) each(std::as_const(out).view().middle_rows(0, got));
    return out;
  }
  const Index step = rows_at_a_time(reader.cols());
  std::vector<Matrix<T>> blocks;
  Index rows = 0;
  for (;;) {
    Matrix<T> block(step, reader.cols());
    const Index got = reader.read(block.view());
    if (each) each(std::as_const(block).view().middle_rows(0, got));
    rows += got;
    blocks.push_back(std::move(block));
    if (got < step) break;
  }
  Matrix<T> out(rows, reader.cols());
  for (Index first = 0; first < rows; first += step) {
    Matrix<T>& block = blocks[static_cast<std::size_t>(first / step)];
    std::copy_n(block.data(), std::min(step, rows - first) * reader.cols(), out.row(first));
    block = {};
  }
  return out;
}

template Matrix<float> read_all(RowReader&, const std::function<void(MatrixView<const float>)>&);
template Matrix<double> read_all(RowReader&, const std::function<void(MatrixView<const double>)>&);

}  // namespace bochner::io
