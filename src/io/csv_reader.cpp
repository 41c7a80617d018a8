// SPDX-License-Identifier: Apache-2.0
#include "io/csv_reader.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/names.hpp"
#include "io/csv_record.hpp"
#include "io/decimal.hpp"
#include "io/message.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bochner::io {
namespace {

/// Words by which spreadsheets and statistics packages say that there is no value.
bool is_missing(std::string_view text) {
  constexpr std::array<std::string_view, 7> kWords = {"", "NA", "N/A", "n/a", "NULL", "null", "?"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

std::string fields_of(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " field" : " fields");
}

class CsvReader final : public RowReader {
 public:
  CsvReader(std::unique_ptr<ByteSource> source, const ReadOptions& options)
      : RowReader(source->name(), Format::csv, Counted::lines),
        source_(std::move(source)),
        records_(*source_, options.delimiter),
        non_finite_(options.non_finite),
        decimal_(options.decimal) {
    if (!records_.next()) {
      throw FileError(file_ + (records_.skipped() == 0 ? ": is empty" : ": has no rows"));
    }
    if (decimal_ == Decimal::comma && records_.delimiter() == Delimiter::comma &&
        records_.fields().size() > 1) {
      records_.fail("commas cannot be both between and within numbers; expected another delimiter");
    }
    start_line_ = records_.line();
    width_ = records_.fields().size();
    const FirstLine first = records_.first_line();
    const bool header = options.header == Header::present ||
                        (options.header == Header::automatic && first != FirstLine::data);
    std::vector<std::string> names;
    if (header) {
      for (const std::string_view field : records_.fields()) names.emplace_back(trimmed(field));
    }
    header_guessed_ = options.header == Header::automatic;
    pending_ = !header;
    layout_ = std::string(records_.delimiter() == Delimiter::blanks ? "text" : "CSV") + ", " +
              std::string(name_of(records_.delimiter())) +
              (!header                                  ? ", no header, "
               : first != FirstLine::numbers_of_columns ? ", header, "
                                                        : ", header of numbers, ") +
              std::to_string(width_) + (width_ == 1 ? " column" : " columns");
    if (records_.skipped() > 0) {
      layout_ += ", " + std::to_string(records_.skipped()) + " lines before them skipped";
    }
    choose(header ? ColumnNames(std::move(names)) : ColumnNames(static_cast<Index>(width_)),
           options);
  }

  Index read(MatrixView<float> block) override { return read_block(block); }
  Index read(MatrixView<double> block) override { return read_block(block); }
  Index line_of(Index row) const override { return lines_[static_cast<std::size_t>(row)]; }
  std::string digest() override { return source_->digest(); }

 private:
  template <Scalar T>
  Index read_block(MatrixView<T> block) {
    Index row = 0;
    lines_.clear();
    words_.begin_block();
    for (; row < block.rows && next_row(); ++row) {
      lines_.push_back(records_.line());
      for (Index c = 0; c < cols(); ++c) block(row, c) = value<T>(c);
      for (const Index column : words_.coded()) {
        block(row, column) = static_cast<T>(code(column));
      }
      const std::span<const Index> text = words_.text_places();
      for (std::size_t t = 0; t < text.size(); ++t) {
        words_.set_text(row, static_cast<Index>(t), field_at(text[t]));
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
      records_.fail("has " + fields_of(fields.size()) + ", expected " + std::to_string(width_) +
                    " as in line " + std::to_string(start_line_) +
                    (records_.delimiter() == Delimiter::tab
                         ? " (delimiter=space takes several blanks and tabs for one)"
                         : ""));
    }
    return true;
  }

  std::string_view field_at(Index place) const {
    return trimmed(records_.fields()[static_cast<std::size_t>(place)]);
  }

  [[noreturn]] void fail_missing(Index column, std::string_view field) const {
    fail_field(column, field.empty() ? "is empty" : "says " + io::quoted(field) + ": no value");
  }

  Index code(Index column) {
    const std::string_view field = field_at(places_[static_cast<std::size_t>(column)]);
    double number = 0.0;
    if (is_missing(field)) fail_missing(column, field);
    if (parse_decimal(field, number) == Parsed::number && !std::isfinite(number)) {
      fail_field(column, io::quoted(field) + " is not finite");
    }
    const std::optional<Index> code = words_.code(column, field);
    if (!code) fail_field(column, "has more than 1000 values: not classes");
    return *code;
  }

  template <Scalar T>
  T value(Index column) {
    if (words_.is_coded(column)) return T{0};
    const std::string_view field = field_at(places_[static_cast<std::size_t>(column)]);
    double wide = 0.0;
    const Parsed parsed = parse(field, wide);
    const T out = static_cast<T>(wide);
    const bool kept = non_finite_ == NonFinite::keep && !std::isfinite(wide);
    if (parsed == Parsed::number && (std::isfinite(out) || kept)) return out;
    if (is_missing(field)) fail_missing(column, field);
    if (parsed == Parsed::no_number) fail_field(column, io::quoted(field) + no_number(field));
    fail_field(column, io::quoted(field) + (parsed == Parsed::out_of_range ? " is out of range"
                                            : !std::isfinite(wide)
                                                ? " is not finite"
                                                : " is out of range of single precision"));
  }

  Parsed parse(std::string_view field, double& out) {
    if (decimal_ == Decimal::point || field.find(',') == std::string_view::npos) {
      return parse_decimal(field, out);
    }
    with_point_.assign(field);
    with_point_[with_point_.find(',')] = '.';
    return parse_decimal(with_point_, out);
  }

  std::string no_number(std::string_view field) const {
    const std::string words = " is not a number";
    if (decimal_ == Decimal::point && records_.delimiter() != Delimiter::comma &&
        field.find(',') != std::string_view::npos) {
      return words + " (write decimals with a point, or say decimal=comma)";
    }
    if (records_.delimiter() == Delimiter::comma && width_ == 1 &&
        field.find_first_of(" \t") != std::string_view::npos) {
      return words + " (delimiter=space parts fields at blanks)";
    }
    if (header_guessed_ && records_.line() == start_line_) {
      return words + " (if the line holds names, say header=yes)";
    }
    return words;
  }

  [[noreturn]] void fail_field(Index column, const std::string& what) const {
    const Index place = places_[static_cast<std::size_t>(column)];
    records_.fail(place, what, columns_.name(place));
  }

  std::unique_ptr<ByteSource> source_;
  CsvRecords records_;
  NonFinite non_finite_;
  Decimal decimal_;
  bool header_guessed_ = true;
  Index start_line_ = 1;
  std::size_t width_ = 0;
  bool pending_ = false;
  std::vector<Index> lines_;  ///< of the rows of the last block
  std::string with_point_;
};

}  // namespace

std::unique_ptr<RowReader> open_csv(std::unique_ptr<ByteSource> source,
                                    const ReadOptions& options) {
  return std::make_unique<CsvReader>(std::move(source), options);
}

}  // namespace bochner::io
