// SPDX-License-Identifier: Apache-2.0
#include "interface/io/svmlight_reader.hpp"

#include "bochner/core/error.hpp"
#include "interface/io/decimal.hpp"
#include "interface/io/message.hpp"
#include "interface/io/text_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace bochner::io {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::size_t kLongestLine = std::size_t{1} << 25;
constexpr Index kLargestIndex = Index{1} << 24;

/// Takes the next item off a line; empty at its end.
std::string_view take_item(std::string_view& line) {
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(kBlanks)));
  const std::string_view item = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(item.size());
  return item;
}

/// Lines without their comments, blank ones left out.
class Lines {
 public:
  explicit Lines(ByteSource& source) : source_(source) {}

  bool next() {
    while (take()) {
      text_ = std::string_view(line_).substr(0, line_.find('#'));
      if (text_.find_first_not_of(kBlanks) != std::string_view::npos) return true;
    }
    return false;
  }
  std::string_view text() const { return text_; }

  [[noreturn]] void fail(const std::string& what) const {
    throw FileError(source_.name() + ": line " + std::to_string(number_) + ": " + what);
  }

 private:
  bool take() {
    line_.clear();
    ++number_;
    for (;;) {
      const std::span<const std::byte> bytes = source_.peek();
      if (bytes.empty()) return !line_.empty();
      const std::string_view held(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      const std::size_t end = held.find('\n');
      const std::string_view part = held.substr(0, end);
      if (line_.size() + part.size() > kLongestLine) fail("is longer than 32 MiB");
      line_ += part;
      source_.skip(part.size());
      if (end == std::string_view::npos) continue;
      source_.skip(1);
      return true;
    }
  }

  ByteSource& source_;
  std::string line_;
  std::string_view text_;
  Index number_ = 0;
};

double parse_value(const Lines& lines, std::string_view item, std::string_view text,
                   NonFinite non_finite) {
  double value = 0.0;
  const Parsed parsed = parse_decimal(text, value);
  if (parsed == Parsed::no_number) lines.fail(quoted(item) + " is not a number");
  if (parsed == Parsed::out_of_range) lines.fail(quoted(item) + " is out of range");
  if (!std::isfinite(value) && non_finite == NonFinite::refuse) {
    lines.fail(quoted(item) + " is not finite");
  }
  return value;
}

/// Calls body(index, value) for the items of a line, its label as index 0.
template <class Body>
void read_line(const Lines& lines, NonFinite non_finite, const Body& body) {
  std::string_view rest = lines.text();
  const std::string_view label = take_item(rest);
  body(Index{0}, parse_value(lines, label, label, non_finite));
  Index last = 0;
  for (std::string_view item = take_item(rest); !item.empty(); item = take_item(rest)) {
    const std::size_t colon = item.find(':');
    if (item.starts_with("qid:")) lines.fail("'qid' is for ranking, which is not done here");
    Index index = 0;
    const char* const end = item.data() + std::min(colon, item.size());
    const auto [stop, error] = std::from_chars(item.data(), end, index);
    if (colon == std::string_view::npos || stop != end || error != std::errc{}) {
      lines.fail(quoted(item) + " is not of the form index:value");
    }
    if (index < 1) lines.fail(quoted(item) + ": expected indices counted from 1");
    if (index > kLargestIndex) lines.fail(quoted(item) + ": the index is above 2^24");
    if (index <= last) lines.fail(quoted(item) + ": expected indices in ascending order");
    last = index;
    body(index, parse_value(lines, item, item.substr(colon + 1), non_finite));
  }
}

class SvmlightReader final : public TextReader {
 public:
  SvmlightReader(std::unique_ptr<ByteSource> source, const ReadOptions& options)
      : TextReader(std::move(source)), lines_(*source_), non_finite_(options.non_finite) {
    if (!source_->size()) {
      throw FileError(source_->name() + ": svmlight is read twice, expected a file");
    }
    ByteSource again(source_->name());
    Lines all(again);
    while (all.next()) {
      read_line(all, NonFinite::keep,
                [&](Index index, double) { width_ = std::max(width_, index); });
    }
    std::vector<std::string> names = {"label"};
    for (Index j = 1; j <= width_; ++j) names.push_back("x" + std::to_string(j));
    place_.assign(names.size(), -1);
    for (const Index column : resolve(options.columns, names, width_ + 1, source_->name())) {
      place_[static_cast<std::size_t>(column)] = static_cast<Index>(names_.size());
      names_.push_back(names[static_cast<std::size_t>(column)]);
    }
  }

  Index cols() const override { return static_cast<Index>(names_.size()); }
  Index read(MatrixView<float> block) override { return read_block(block); }
  Index read(MatrixView<double> block) override { return read_block(block); }

 private:
  template <Scalar T>
  Index read_block(MatrixView<T> block) {
    Index row = 0;
    for (; row < block.rows && lines_.next(); ++row) {
      for (Index c = 0; c < block.cols; ++c) block(row, c) = T{0};
      read_line(lines_, non_finite_, [&](Index index, double value) {
        if (index > width_) throw FileError(source_->name() + ": changed while it was read");
        const Index column = place_[static_cast<std::size_t>(index)];
        if (column < 0) return;
        block(row, column) = static_cast<T>(value);
        if (std::isfinite(value) && !std::isfinite(block(row, column))) {
          lines_.fail("a value is out of range");
        }
      });
    }
    return row;
  }

  Lines lines_;
  NonFinite non_finite_;
  Index width_ = 0;
  std::vector<Index> place_;  ///< of index i (0: the label) in a row, or -1
};

}  // namespace

bool looks_like_svmlight(std::string_view head) {
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    line = line.substr(0, line.find('#'));
    const std::string_view label = take_item(line);
    if (label.empty()) continue;
    const std::string_view item = take_item(line);
    const std::size_t colon = item.find(':');
    return label.find_first_not_of("+-.0123456789eE") == std::string_view::npos && colon != 0 &&
           colon != std::string_view::npos &&
           (item.starts_with("qid:") ||
            item.substr(0, colon).find_first_not_of("0123456789") == std::string_view::npos);
  }
  return false;
}

std::unique_ptr<RowReader> open_svmlight(std::unique_ptr<ByteSource> source,
                                         const ReadOptions& options) {
  return std::make_unique<SvmlightReader>(std::move(source), options);
}

}  // namespace bochner::io
