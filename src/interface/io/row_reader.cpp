// SPDX-License-Identifier: Apache-2.0
#include "interface/io/row_reader.hpp"

#include "bochner/core/error.hpp"
#include "interface/io/byte_source.hpp"
#include "interface/io/class_codes.hpp"
#include "interface/io/csv_reader.hpp"
#include "interface/io/npy_reader.hpp"
#include "interface/io/svmlight_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
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

/// Rows of numbers, those of one column numbered as classes.
class NumberedClasses final : public RowReader {
 public:
  NumberedClasses(std::unique_ptr<RowReader> rows, const ClassColumn& classes, std::string file)
      : rows_(std::move(rows)),
        column_(classes.column),
        codes_(classes.known),
        file_(std::move(file)) {}

  Index cols() const override { return rows_->cols(); }
  std::span<const std::string> names() const override { return rows_->names(); }
  std::optional<Index> rows() const override { return rows_->rows(); }
  std::span<const Index> shape() const override { return rows_->shape(); }
  std::span<const std::string> classes() const override { return codes_.names(); }
  Index read(MatrixView<float> block) override { return read_block(block); }
  Index read(MatrixView<double> block) override { return read_block(block); }
  std::string digest() override { return rows_->digest(); }

 private:
  template <Scalar T>
  Index read_block(MatrixView<T> block) {
    const Index got = rows_->read(block);
    std::array<char, 32> digits{};
    for (Index i = 0; i < got; ++i) {
      // + 0: minus zero is the class 0.
      const auto end =
          std::to_chars(digits.data(), digits.data() + digits.size(), block(i, column_) + T{0}).ptr;
      const auto code = codes_.code({digits.data(), end});
      if (!code) throw FileError(file_ + ": the target has more than 1000 values: not classes");
      block(i, column_) = static_cast<T>(*code);
    }
    return got;
  }

  std::unique_ptr<RowReader> rows_;
  Index column_;
  ClassCodes codes_;
  std::string file_;
};

std::unique_ptr<RowReader> numbered(std::unique_ptr<RowReader> rows, const ReadOptions& options,
                                    const std::string& file) {
  if (!options.classes) return rows;
  return std::make_unique<NumberedClasses>(std::move(rows), *options.classes, file);
}

}  // namespace

std::unique_ptr<RowReader> open_rows(const std::string& path, const ReadOptions& options) {
  auto source = std::make_unique<ByteSource>(path);
  const std::span<const std::byte> head = source->peek(kNpyMagic.size());
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (text.empty()) throw FileError(source->name() + ": is empty");
  if (kNpyMagic.starts_with(text.substr(0, kNpyMagic.size()))) {
    return numbered(open_npy(std::move(source), options), options, path);
  }
  for (const auto& [magic, advice] : kOtherFormats) {
    if (text.starts_with(magic)) throw FileError(source->name() + ": " + advice);
  }
  if (looks_like_svmlight(first_bytes(*source))) {
    return numbered(open_svmlight(std::move(source), options), options, path);
  }
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
