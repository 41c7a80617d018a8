// SPDX-License-Identifier: Apache-2.0
#include "io/svmlight_reader.hpp"

#include "core/door.hpp"
#include "io/csv_dialect.hpp"
#include "io/decimal.hpp"
#include "io/message.hpp"
#include "io/rereadable.hpp"
#include "io/svmlight_lines.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bochner::io {
namespace {

/// Columns that a file may have on its own word: with more, a row of numbers takes more than 16 MiB
/// however short the file is.
constexpr Index kMostUnannounced = Index{1} << 21;

double parse_value(const SvmlightLines& lines, std::string_view item, std::string_view text,
                   NonFinite non_finite) {
  double value = 0.0;
  const Parsed parsed = parse_decimal(text, value);
  if (parsed == Parsed::no_number) lines.fail(io::quoted(item) + " is not a number");
  if (parsed == Parsed::out_of_range) lines.fail(io::quoted(item) + " is out of range");
  if (!std::isfinite(value) && non_finite == NonFinite::refuse) {
    lines.fail(io::quoted(item) + " is not finite");
  }
  return value;
}

void check_index(const SvmlightLines& lines, const SvmlightOptions& options, std::string_view item,
                 Index index) {
  const Index first = options.first_index;
  if (index < first) {
    lines.fail(io::quoted(item) + ": expected indices counted from " + std::to_string(first) +
               (index == 0 ? " (zero-based counts from 0)" : ""));
  }
  const Index column = index - first + 1;
  if (options.width && column > *options.width) {
    lines.fail(io::quoted(item) + ": expected indices up to " +
               std::to_string(*options.width + first - 1) + " (a larger width allows more)");
  }
  if (!options.width && column > std::max(kMostUnannounced, options.least_width)) {
    lines.fail(io::quoted(item) + ": the index is above 2^21; expected width=" +
               std::to_string(column) + " if it is meant");
  }
}

/// Calls body(column, value, text) for the items of a line, its label as column 0.
template <class Body>
void read_line(const SvmlightLines& lines, const SvmlightOptions& options, NonFinite non_finite,
               const Body& body) {
  std::string_view rest = lines.text();
  const std::string_view label = take_item(rest);
  body(Index{0}, parse_value(lines, label, label, non_finite), label);
  Index last = -1;
  for (std::string_view item = take_item(rest); !item.empty(); item = take_item(rest)) {
    const std::size_t colon = item.find(':');
    if (item.starts_with("qid:")) lines.fail("'qid' is for ranking, which is not done here");
    Index index = 0;
    const char* const end = item.data() + std::min(colon, item.size());
    const auto [stop, error] = std::from_chars(item.data(), end, index);
    if (colon == std::string_view::npos || stop != end || error != std::errc{} ||
        index == std::numeric_limits<Index>::max()) {
      lines.fail(io::quoted(item) + " is not of the form index:value");
    }
    check_index(lines, options, item, index);
    if (index <= last) lines.fail(io::quoted(item) + ": expected indices in ascending order");
    last = index;
    const std::string_view text = item.substr(colon + 1);
    body(index - options.first_index + 1, parse_value(lines, item, text, non_finite), text);
  }
}

/// Where the columns of a file stand among those chosen, in room for those chosen at most.
class Places {
 public:
  Places() = default;
  explicit Places(std::span<const Index> chosen)
      : first_(chosen.front()), count_(static_cast<Index>(chosen.size())) {
    const auto gap = std::adjacent_find(chosen.begin(), chosen.end(),
                                        [](Index a, Index b) { return b != a + 1; });
    if (gap == chosen.end()) return;
    count_ = 0;
    for (std::size_t c = 0; c < chosen.size(); ++c) {
      table_.emplace(chosen[c], static_cast<Index>(c));
    }
  }
  /// -1 where the column is not chosen.
  Index operator()(Index column) const {
    if (column >= first_ && column - first_ < count_) return column - first_;
    const auto found = table_.find(column);
    return found == table_.end() ? -1 : found->second;
  }

 private:
  Index first_ = 0;
  Index count_ = 0;  ///< of a run without gaps, else 0
  std::unordered_map<Index, Index> table_;
};

class SvmlightReader final : public RowReader {
 public:
  SvmlightReader(std::unique_ptr<ByteSource> source, const ReadOptions& options)
      : RowReader(source->name(), Format::svmlight, Counted::lines),
        source_(rereadable(std::move(source))),
        lines_(*source_),
        non_finite_(options.non_finite),
        svmlight_(options.svmlight) {
    const auto again = source_->again();
    SvmlightLines all(*again);
    Index width = 0;
    for (; all.next(); ++rows_) {
      read_line(all, svmlight_, NonFinite::keep,
                [&](Index column, double, std::string_view) { width = std::max(width, column); });
    }
    width = svmlight_.width.value_or(std::max(width, svmlight_.least_width));
    ReadOptions chosen = options;
    const bool with_label = svmlight_.label == Label::column || !options.columns.keep.empty() ||
                            !options.columns.places.empty();
    if (!with_label) chosen.columns.drop.emplace_back("label");
    layout_ = "svmlight, indices from " + std::to_string(svmlight_.first_index) + ", " +
              std::to_string(width) + (width == 1 ? " column" : " columns") +
              (with_label ? " and the label" : "; the label is left out");
    choose(ColumnNames::of_svmlight(width, svmlight_.first_index), chosen);
    place_of_ = Places(places_);
    for (const Index column : words_.coded()) {
      coded_places_.push_back(places_[static_cast<std::size_t>(column)]);
    }
  }

  std::optional<Index> rows() const override { return rows_; }
  Index read(MatrixView<float> block) override { return read_block(block); }
  Index read(MatrixView<double> block) override { return read_block(block); }
  Index line_of(Index row) const override { return numbers_[static_cast<std::size_t>(row)]; }
  std::string digest() override { return source_->digest(); }

 private:
  template <Scalar T>
  Index read_block(MatrixView<T> block) {
    Index row = 0;
    numbers_.clear();
    words_.begin_block();
    for (; row < block.rows && lines_.next(); ++row) {
      numbers_.push_back(lines_.number());
      for (Index c = 0; c < block.cols; ++c) block(row, c) = T{0};
      read_line(lines_, svmlight_, non_finite_, [&](Index place, double value, std::string_view) {
        const Index column = place_of_(place);
        if (column < 0) return;
        block(row, column) = static_cast<T>(value);
        if (std::isfinite(value) && !std::isfinite(block(row, column))) {
          lines_.fail(column_words(place) + " is out of range of single precision");
        }
      });
      if (!coded_places_.empty() || !words_.text_places().empty()) take_words(block, row);
    }
    return row;
  }

  /// What the line has for a column; 0 where it has nothing.
  std::string_view field_at(Index wanted) const {
    std::string_view found = "0";
    read_line(lines_, svmlight_, NonFinite::keep, [&](Index place, double, std::string_view text) {
      if (place == wanted) found = text;
    });
    return found;
  }

  template <Scalar T>
  void take_words(MatrixView<T> block, Index row) {
    for (std::size_t k = 0; k < coded_places_.size(); ++k) {
      const Index column = words_.coded()[k];
      const auto code = words_.code(column, field_at(coded_places_[k]));
      if (!code) lines_.fail("the target has more than 1000 values: not classes");
      block(row, column) = static_cast<T>(*code);
    }
    const std::span<const Index> text = words_.text_places();
    for (std::size_t t = 0; t < text.size(); ++t) {
      words_.set_text(row, static_cast<Index>(t), field_at(text[t]));
    }
  }

  std::unique_ptr<ByteSource> source_;
  SvmlightLines lines_;
  NonFinite non_finite_;
  SvmlightOptions svmlight_;
  Index rows_ = 0;
  Places place_of_;
  std::vector<Index> coded_places_;  ///< columns of the file whose fields become numbers
  std::vector<Index> numbers_;       ///< of the lines of the last block
};

}  // namespace

bool looks_like_svmlight(std::string_view head) {
  const char line_end = choose_line_end(head);
  if (head.starts_with(kByteOrderMark)) head.remove_prefix(kByteOrderMark.size());
  while (!head.empty()) {
    const std::size_t end = head.find(line_end);
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    line = line.substr(0, line.find('#'));
    const std::string_view label = take_item(line);
    if (label.find_first_not_of("+-.0123456789eE") != std::string_view::npos) return false;
    const std::string_view item = take_item(line);
    if (item.empty()) continue;
    const std::size_t colon = item.find(':');
    return colon != 0 && colon != std::string_view::npos &&
           (item.starts_with("qid:") ||
            item.substr(0, colon).find_first_not_of("0123456789") == std::string_view::npos);
  }
  return false;
}

std::unique_ptr<RowReader> open_svmlight(std::unique_ptr<ByteSource> source,
                                         const ReadOptions& options) {
  constexpr Index kWidest = Index{1} << 31;
  const SvmlightOptions& svmlight = options.svmlight;
  Door("ReadOptions")
      .between("svmlight.first_index", svmlight.first_index, 0, 1)
      .between("svmlight.width", svmlight.width.value_or(1), 1, kWidest)
      .between("svmlight.least_width", svmlight.least_width, 0, kWidest);
  return std::make_unique<SvmlightReader>(std::move(source), options);
}

std::optional<Index> svmlight_width(std::span<const std::string> names, Index first_index) {
  std::optional<Index> largest;
  for (const std::string& name : names) {
    const auto index = svmlight_index(name);
    if (index && *index >= first_index) largest = std::max(largest.value_or(0), *index);
  }
  if (!largest) return std::nullopt;
  return *largest - first_index + 1;
}

}  // namespace bochner::io
