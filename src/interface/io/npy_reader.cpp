// SPDX-License-Identifier: Apache-2.0
#include "interface/io/npy_reader.hpp"

#include "bochner/core/error.hpp"
#include "interface/io/column_selection.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>

namespace bochner::io {
namespace {

/// Bytes of a file held at a time, whatever its rows are.
constexpr Index kChunkBytes = Index{1} << 20;

template <class Raw>
Raw load(const std::byte* from, ByteOrder order) {
  std::array<std::byte, sizeof(Raw)> bytes{};
  std::copy_n(from, sizeof(Raw), bytes.begin());
  if (order == ByteOrder::big) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<Raw>(bytes);
}

/// A binary16 number, as bits.
struct Half {
  std::uint16_t bits;
  explicit operator double() const {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    const double size = exponent == 0   ? std::ldexp(fraction, -24)
                        : exponent < 31 ? std::ldexp(fraction + 1024, exponent - 25)
                        : fraction == 0 ? HUGE_VAL
                                        : NAN;
    return bits >> 15 == 0 ? size : -size;
  }
  explicit operator float() const { return static_cast<float>(static_cast<double>(*this)); }
};

/// out[k * out_step] = item k, the items `in_step` bytes apart.
template <class Raw, Scalar T>
void convert(const std::byte* in, Index in_step, ByteOrder order, T* out, Index out_step,
             Index count) {
  for (Index k = 0; k < count; ++k) {
    out[k * out_step] = static_cast<T>(load<Raw>(in + k * in_step, order));
  }
}

template <Scalar T>
using Convert = void (*)(const std::byte*, Index, ByteOrder, T*, Index, Index);

template <Scalar T>
Convert<T> converter(const NpyHeader& header) {
  switch (header.kind) {
    case 'f':
      return header.item_bytes == 2   ? convert<Half, T>
             : header.item_bytes == 4 ? convert<float, T>
                                      : convert<double, T>;
    case 'i':
      return header.item_bytes == 1   ? convert<std::int8_t, T>
             : header.item_bytes == 2 ? convert<std::int16_t, T>
             : header.item_bytes == 4 ? convert<std::int32_t, T>
                                      : convert<std::int64_t, T>;
    default:
      return header.item_bytes == 1   ? convert<std::uint8_t, T>
             : header.item_bytes == 2 ? convert<std::uint16_t, T>
             : header.item_bytes == 4 ? convert<std::uint32_t, T>
                                      : convert<std::uint64_t, T>;
  }
}

std::string describe(const std::vector<Index>& shape) {
  std::string out;
  for (const Index extent : shape) out += (out.empty() ? "" : " x ") + std::to_string(extent);
  return out;
}

class NpyReader final : public RowReader {
 public:
  NpyReader(std::unique_ptr<ByteSource> source, const ReadOptions& options)
      : source_(std::move(source)),
        header_(read_npy_header(*source_)),
        data_offset_(source_->position()),
        non_finite_(options.non_finite) {
    check_shape(options.leading);
    check_length();
    columns_ = resolve(options.columns, {}, cols_, source_->name());
    if (by_column() && !source_->size()) hold_everything();
    if (total_ == 0) check_end();
  }

  Index cols() const override { return static_cast<Index>(columns_.size()); }
  std::span<const std::string> names() const override { return {}; }
  std::optional<Index> rows() const override {
    return source_->size() ? std::optional(total_) : std::nullopt;
  }
  std::span<const Index> shape() const override { return header_.shape; }
  Index read(MatrixView<float> block) override { return read_block(block); }
  Index read(MatrixView<double> block) override { return read_block(block); }
  std::string digest() override { return source_->digest(); }

 private:
  bool by_column() const { return header_.storage == StorageOrder::column_major && cols_ > 1; }

  void check_shape(LeadingDimensions leading) {
    const std::vector<Index>& shape = header_.shape;
    const std::string& name = source_->name();
    if (shape.empty()) throw FileError(name + ": holds a single number, expected rows of numbers");
    if (shape.size() > 2 && leading == LeadingDimensions::refuse) {
      throw FileError(name + ": is an array of " + describe(shape) +
                      ", expected two dimensions: rows x columns");
    }
    cols_ = shape.size() == 1 ? 1 : shape.back();
    if (cols_ == 0) throw FileError(name + ": is an array of " + describe(shape) + ": no columns");
    total_ = data_bytes(header_) / header_.item_bytes / cols_;
    if (shape.size() > 2 && by_column()) {
      throw FileError(name + ": is an array of " + describe(shape) +
                      " in Fortran order; save it with numpy.ascontiguousarray");
    }
  }

  /// A regular file must hold the array and nothing else.
  void check_length() const {
    if (!source_->size()) return;
    const std::uint64_t held = *source_->size() - data_offset_;
    const auto claimed = static_cast<std::uint64_t>(data_bytes(header_));
    if (held == claimed) return;
    throw FileError(source_->name() + ": holds " + std::to_string(held) +
                    " bytes of data, expected " + std::to_string(claimed) + " for " +
                    describe(header_.shape) + " items of " + std::to_string(header_.item_bytes) +
                    (held < claimed ? " bytes (truncated?)" : " bytes"));
  }

  void check_end() {
    if (!source_->peek().empty()) {
      throw FileError(source_->name() + ": goes on after the array of " + describe(header_.shape));
    }
  }

  [[noreturn]] void fail_truncated() const {
    throw FileError(source_->name() + ": ends before the array of " + describe(header_.shape) +
                    " is complete (truncated?)");
  }

  /// Grows with what arrives, not with what the header claims.
  void hold_everything() {
    const auto wanted = static_cast<std::size_t>(data_bytes(header_));
    while (held_.size() < wanted) {
      const std::size_t before = held_.size();
      held_.resize(std::min(wanted, before + static_cast<std::size_t>(kChunkBytes)));
      if (source_->read(std::span(held_).subspan(before)) < held_.size() - before) {
        fail_truncated();
      }
    }
    check_end();
  }

  template <Scalar T>
  Index read_block(MatrixView<T> block) {
    const Index count = std::min(block.rows, total_ - done_);
    if (by_column()) {
      read_columns(block.middle_rows(0, count));
    } else {
      read_rows(block.middle_rows(0, count));
    }
    refuse_non_finite(block.middle_rows(0, count));
    done_ += count;
    if (count > 0 && done_ == total_ && !by_column()) check_end();
    return count;
  }

  template <Scalar T>
  void read_rows(MatrixView<T> block) {
    const auto to_scalar = converter<T>(header_);
    const Index row_bytes = cols_ * header_.item_bytes;
    const Index at_a_time = std::max<Index>(1, kChunkBytes / row_bytes);
    for (Index first = 0; first < block.rows; first += at_a_time) {
      const Index count = std::min(at_a_time, block.rows - first);
      chunk_.resize(static_cast<std::size_t>(count * row_bytes));
      if (source_->read(chunk_) < chunk_.size()) fail_truncated();
      for (Index r = 0; r < count; ++r) {
        const std::byte* const row = chunk_.data() + r * row_bytes;
        T* const out = block.row(first + r);
        for (std::size_t c = 0; c < columns_.size(); ++c) {
          to_scalar(row + columns_[c] * header_.item_bytes, 0, header_.byte_order,
                    out + static_cast<Index>(c) * block.col_stride, 0, 1);
        }
      }
    }
  }

  template <Scalar T>
  void read_columns(MatrixView<T> block) {
    const auto to_scalar = converter<T>(header_);
    const Index at_a_time = kChunkBytes / header_.item_bytes;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      for (Index first = 0; first < block.rows; first += at_a_time) {
        const Index count = std::min(at_a_time, block.rows - first);
        const Index offset = (columns_[c] * total_ + done_ + first) * header_.item_bytes;
        const std::byte* items = held_.data() + offset;
        if (source_->size()) {
          chunk_.resize(static_cast<std::size_t>(count * header_.item_bytes));
          source_->read_at(data_offset_ + static_cast<std::uint64_t>(offset), chunk_);
          items = chunk_.data();
        }
        to_scalar(items, header_.item_bytes, header_.byte_order,
                  block.row(first) + static_cast<Index>(c) * block.col_stride, block.row_stride,
                  count);
      }
    }
  }

  template <Scalar T>
  void refuse_non_finite(MatrixView<T> block) const {
    if (non_finite_ == NonFinite::keep) return;
    for (Index i = 0; i < block.rows; ++i) {
      for (Index j = 0; j < block.cols; ++j) {
        const T value = block(i, j);
        if (std::isfinite(value)) continue;
        throw FileError(source_->name() + ": row " + std::to_string(done_ + i + 1) + ", column " +
                        std::to_string(columns_[static_cast<std::size_t>(j)] + 1) +
                        (std::isnan(value) ? " is NaN" : " is infinite (or too large)") +
                        ", expected a finite number");
      }
    }
  }

  std::unique_ptr<ByteSource> source_;
  NpyHeader header_;
  std::uint64_t data_offset_;
  NonFinite non_finite_;
  Index cols_ = 0;
  Index total_ = 0;
  Index done_ = 0;
  std::vector<Index> columns_;
  std::vector<std::byte> chunk_;
  std::vector<std::byte> held_;
};

}  // namespace

std::unique_ptr<RowReader> open_npy(std::unique_ptr<ByteSource> source,
                                    const ReadOptions& options) {
  return std::make_unique<NpyReader>(std::move(source), options);
}

}  // namespace bochner::io
