// SPDX-License-Identifier: Apache-2.0
#include "interface/io/row_reader.hpp"

#include "bochner/core/error.hpp"
#include "interface/io/byte_source.hpp"
#include "interface/io/csv_reader.hpp"
#include "interface/io/npy_reader.hpp"
#include "interface/io/svmlight_reader.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace bochner::io {
namespace {

using namespace std::string_view_literals;

/// Containers that people pass by mistake, and what to do instead.
constexpr std::array kOtherFormats = {
    std::pair{"PK\x03\x04"sv, "is a zip archive (.npz?); save the one array with numpy.save"},
    std::pair{"\x1f\x8b"sv, "is compressed with gzip; pipe it through zcat and read '-'"},
    std::pair{"\x89HDF\r\n"sv, "is an HDF5 file, expected .npy or .csv"},
    std::pair{"PAR1"sv, "is a Parquet file, expected .npy or .csv"},
};

constexpr Index kRowsAtATime = 4096;
/// Enough to see how the first line begins, after a comment or two.
constexpr std::size_t kLookAhead = 4096;

std::string_view first_bytes(ByteSource& source) {
  const std::span<const std::byte> head = source.peek(kLookAhead);
  return {reinterpret_cast<const char*>(head.data()), head.size()};
}

}  // namespace

std::unique_ptr<RowReader> open_rows(const std::string& path, const ReadOptions& options) {
  auto source = std::make_unique<ByteSource>(path);
  const std::span<const std::byte> head = source->peek(kNpyMagic.size());
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (text.empty()) throw FileError(source->name() + ": is empty");
  if (kNpyMagic.starts_with(text.substr(0, kNpyMagic.size()))) {
    return open_npy(std::move(source), options);
  }
  for (const auto& [magic, advice] : kOtherFormats) {
    if (text.starts_with(magic)) throw FileError(source->name() + ": " + advice);
  }
  if (looks_like_svmlight(first_bytes(*source))) return open_svmlight(std::move(source), options);
  return open_csv(std::move(source), options);
}

template <Scalar T>
Matrix<T> read_all(RowReader& reader) {
  if (const auto rows = reader.rows()) {
    Matrix<T> out(*rows, reader.cols());
    reader.read(out.view());
    return out;
  }
  std::vector<Matrix<T>> blocks;
  Index rows = 0;
  for (;;) {
    Matrix<T> block(kRowsAtATime, reader.cols());
    const Index got = reader.read(block.view());
    rows += got;
    blocks.push_back(std::move(block));
    if (got < kRowsAtATime) break;
  }
  Matrix<T> out(rows, reader.cols());
  for (Index first = 0; first < rows; first += kRowsAtATime) {
    Matrix<T>& block = blocks[static_cast<std::size_t>(first / kRowsAtATime)];
    std::copy_n(block.data(), std::min(kRowsAtATime, rows - first) * reader.cols(), out.row(first));
    block = {};
  }
  return out;
}

template Matrix<float> read_all<float>(RowReader&);
template Matrix<double> read_all<double>(RowReader&);

}  // namespace bochner::io
