// SPDX-License-Identifier: Apache-2.0
#include "io/npy_reader.hpp"

#include "bochner/core/error.hpp"
#include "io/npy_items.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bochner::io {
namespace {

/// Bytes of a file held at a time, whatever its rows are.
constexpr Index kChunkBytes = Index{1} << 20;
/// Columns that a header may claim where no bytes bear it out.
constexpr Index kMostUnprovenColumns = Index{1} << 20;

std::string describe(const std::vector<Index>& shape) {
  std::string out;
  for (const Index extent : shape) out += (out.empty() ? "" : " x ") + std::to_string(extent);
  return out;
}

std::string type_words(const NpyHeader& header) {
  return std::string(1, header.kind) + std::to_string(header.item_bytes) +
         (header.storage == StorageOrder::column_major ? ", Fortran order" : "");
}

class NpyReader final : public RowReader {
 public:
  NpyReader(std::unique_ptr<ByteSource> source, const ReadOptions& options)
      : RowReader(source->name(), Format::npy, Counted::rows),
        source_(std::move(source)),
        header_(read_npy_header(*source_)),
        data_offset_(source_->position()),
        non_finite_(options.non_finite) {
    check_shape(options.leading);
    check_length();
    layout_ = ".npy, " + describe(header_.shape) + ", " + type_words(header_);
    choose(ColumnNames(cols_), options);
    if (by_column() && !source_->size()) hold_everything();
    if (total_ == 0) check_end();
  }

  std::optional<Index> rows() const override {
    return source_->size() ? std::optional(total_) : std::nullopt;
  }
  std::span<const Index> shape() const override { return header_.shape; }
  Index read(MatrixView<float> block) override { return read_block(block); }
  Index read(MatrixView<double> block) override { return read_block(block); }
  Index line_of(Index row) const override { return begun_ + row + 1; }
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
    if (cols_ > kMostUnprovenColumns && (total_ == 0 || !source_->size())) {
      throw FileError(name + ": is an array of " + describe(shape) + ", expected at most " +
                      std::to_string(kMostUnprovenColumns) +
                      (total_ == 0 ? " columns where there are no rows" : " columns from a pipe"));
    }
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
    begun_ = done_;
    words_.begin_block();
    codes_.assign(static_cast<std::size_t>(count) * words_.coded().size(), 0);
    if (by_column()) {
      read_columns(block.middle_rows(0, count));
    } else {
      read_rows(block.middle_rows(0, count));
    }
    refuse_non_finite(block.middle_rows(0, count));
    set_codes(block.middle_rows(0, count));
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
        for (Index c = 0; c < cols(); ++c) {
          to_scalar(row + places_[static_cast<std::size_t>(c)] * header_.item_bytes, 0,
                    header_.byte_order, out + c * block.col_stride, 0, 1);
        }
        take_words(first + r, [&](Index place) { return row + place * header_.item_bytes; });
      }
    }
  }

  template <Scalar T>
  void read_columns(MatrixView<T> block) {
    const auto to_scalar = converter<T>(header_);
    const Index at_a_time = kChunkBytes / header_.item_bytes;
    for (Index first = 0; first < block.rows; first += at_a_time) {
      const Index count = std::min(at_a_time, block.rows - first);
      for (Index c = 0; c < cols(); ++c) {
        const std::byte* const items =
            items_of(places_[static_cast<std::size_t>(c)], first, count, chunk_);
        to_scalar(items, header_.item_bytes, header_.byte_order,
                  block.row(first) + c * block.col_stride, block.row_stride, count);
      }
      for (Index r = 0; r < count; ++r) {
        take_words(first + r, [&](Index place) { return items_of(place, first + r, 1, chunk_); });
      }
    }
  }

  /// Items of one column, from row `first` of the block on; in `room` unless they are held.
  const std::byte* items_of(Index place, Index first, Index count, std::vector<std::byte>& room) {
    const Index offset = (place * total_ + done_ + first) * header_.item_bytes;
    if (!source_->size()) return held_.data() + offset;
    room.resize(static_cast<std::size_t>(count * header_.item_bytes));
    source_->read_at(data_offset_ + static_cast<std::uint64_t>(offset), room);
    return room.data();
  }

  /// Classes, groups and text of a row of the block; `item(place)` finds the item of a column.
  template <class Item>
  void take_words(Index row, const Item& item) {
    const std::size_t coded = words_.coded().size();
    for (std::size_t k = 0; k < coded; ++k) {
      const Index column = words_.coded()[k];
      const std::optional<Index> code =
          words_.code(column, digits_of(header_, item(places_[static_cast<std::size_t>(column)])));
      if (!code) {
        throw FileError(file_ + ": the target has more than 1000 values: not classes");
      }
      codes_[static_cast<std::size_t>(row) * coded + k] = *code;
    }
    const std::span<const Index> text = words_.text_places();
    for (std::size_t t = 0; t < text.size(); ++t) {
      words_.set_text(row, static_cast<Index>(t), digits_of(header_, item(text[t])));
    }
  }

  /// After the numbers have been looked at.
  template <Scalar T>
  void set_codes(MatrixView<T> block) const {
    const std::span<const Index> coded = words_.coded();
    for (Index i = 0; i < block.rows && !coded.empty(); ++i) {
      for (std::size_t k = 0; k < coded.size(); ++k) {
        block(i, coded[k]) = static_cast<T>(codes_[static_cast<std::size_t>(i) * coded.size() + k]);
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
        throw FileError(place(i, j) +
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
  Index begun_ = 0;           ///< rows before the last block
  std::vector<Index> codes_;  ///< of the block, row by row
  std::vector<std::byte> chunk_;
  std::vector<std::byte> held_;
};

}  // namespace

std::unique_ptr<RowReader> open_npy(std::unique_ptr<ByteSource> source,
                                    const ReadOptions& options) {
  return std::make_unique<NpyReader>(std::move(source), options);
}

}  // namespace bochner::io
