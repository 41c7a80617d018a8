// SPDX-License-Identifier: Apache-2.0
#include "interface/io/csv_reader.hpp"

#include "bochner/core/error.hpp"
#include "interface/io/class_codes.hpp"
#include "interface/io/csv_record.hpp"
#include "interface/io/decimal.hpp"
#include "interface/io/message.hpp"
#include "interface/io/text_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

namespace bochner::io {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Words by which spreadsheets and statistics packages say that there is no value.
bool is_missing(std::string_view text) {
  constexpr std::array<std::string_view, 7> kWords = {"", "NA", "N/A", "n/a", "NULL", "null", "?"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

bool looks_like_header(const std::vector<std::string_view>& fields) {
  return std::none_of(fields.begin(), fields.end(), [](std::string_view field) {
    double ignored = 0.0;
    return parse_decimal(trimmed(field), ignored) != Parsed::no_number;
  });
}

std::string counted(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " field" : " fields");
}

class CsvReader final : public TextReader {
 public:
  CsvReader(std::unique_ptr<ByteSource> source, const ReadOptions& options)
      : TextReader(std::move(source)), records_(*source_), non_finite_(options.non_finite) {
    if (options.classes) {
      class_column_ = options.classes->column;
      codes_ = ClassCodes(options.classes->known);
    }
    if (!records_.next()) throw FileError(source_->name() + ": is empty");
    first_line_ = records_.line();
    width_ = records_.fields().size();
    std::vector<std::string> names;
    if (options.header == Header::present ||
        (options.header == Header::automatic && looks_like_header(records_.fields()))) {
      for (const std::string_view field : records_.fields()) names.emplace_back(trimmed(field));
    } else {
      pending_ = true;
    }
    columns_ = resolve(options.columns, names, static_cast<Index>(width_), source_->name());
    if (!names.empty()) {
      for (const Index column : columns_) {
        names_.push_back(names[static_cast<std::size_t>(column)]);
      }
    }
  }

  Index cols() const override { return static_cast<Index>(columns_.size()); }
  std::span<const std::string> classes() const override { return codes_.names(); }
  Index read(MatrixView<float> block) override { return read_block(block); }
  Index read(MatrixView<double> block) override { return read_block(block); }

 private:
  template <Scalar T>
  Index read_block(MatrixView<T> block) {
    Index row = 0;
    for (; row < block.rows && next_row(); ++row) {
      for (std::size_t c = 0; c < columns_.size(); ++c) {
        const auto place = static_cast<Index>(c);
        block(row, place) = place == class_column_ ? static_cast<T>(class_code(c)) : value<T>(c);
      }
    }
    return row;
  }

  bool next_row() {
    if (pending_) {
      pending_ = false;
      return true;
    }
    if (!records_.next()) return false;
    const std::vector<std::string_view>& fields = records_.fields();
    if (fields.size() == 1 && trimmed(fields[0]).empty()) {
      // Blank lines may only end a file: in the middle they may be rows that were lost.
      const Index blank = records_.line();
      while (records_.next()) {
        if (fields.size() == 1 && trimmed(fields[0]).empty()) continue;
        throw FileError(source_->name() + ": line " + std::to_string(blank) +
                        ": is empty, with more rows after it");
      }
      return false;
    }
    if (fields.size() != width_) {
      records_.fail("has " + counted(fields.size()) + ", expected " + std::to_string(width_) +
                    " as in line " + std::to_string(first_line_));
    }
    return true;
  }

  std::string_view field_of(std::size_t column) const {
    return trimmed(records_.fields()[static_cast<std::size_t>(columns_[column])]);
  }

  [[noreturn]] void fail_missing(std::size_t column, std::string_view field) const {
    fail_field(column, field.empty() ? "is empty" : "says " + quoted(field) + ": no value");
  }

  Index class_code(std::size_t column) {
    const std::string_view field = field_of(column);
    double number = 0.0;
    if (is_missing(field)) fail_missing(column, field);
    if (parse_decimal(field, number) == Parsed::number && !std::isfinite(number)) {
      fail_field(column, quoted(field) + " is not finite");
    }
    const std::optional<Index> code = codes_.code(field);
    if (!code) fail_field(column, "has more than 1000 values: not classes");
    return *code;
  }

  template <Scalar T>
  T value(std::size_t column) const {
    const std::string_view field = field_of(column);
    double wide = 0.0;
    const Parsed parsed = parse_decimal(field, wide);
    const T out = static_cast<T>(wide);
    const bool kept = non_finite_ == NonFinite::keep && !std::isfinite(wide);
    if (parsed == Parsed::number && (std::isfinite(out) || kept)) return out;
    if (is_missing(field)) fail_missing(column, field);
    if (parsed == Parsed::no_number) {
      const bool comma = records_.delimiter() != ',' && field.find(',') != std::string_view::npos;
      fail_field(column, quoted(field) + " is not a number" +
                             (comma ? " (write decimals with a point)" : ""));
    }
    fail_field(column, quoted(field) + (parsed == Parsed::number && !std::isfinite(wide)
                                            ? " is not finite"
                                            : " is out of range"));
  }

  [[noreturn]] void fail_field(std::size_t column, const std::string& what) const {
    records_.fail(columns_[column], what, names_.empty() ? "" : names_[column]);
  }

  CsvRecords records_;
  NonFinite non_finite_;
  std::vector<Index> columns_;
  Index class_column_ = -1;
  ClassCodes codes_;
  Index first_line_ = 1;
  std::size_t width_ = 0;
  bool pending_ = false;
};

}  // namespace

std::unique_ptr<RowReader> open_csv(std::unique_ptr<ByteSource> source,
                                    const ReadOptions& options) {
  return std::make_unique<CsvReader>(std::move(source), options);
}

}  // namespace bochner::io
