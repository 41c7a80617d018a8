// SPDX-License-Identifier: Apache-2.0
#include "report/text_table.hpp"

#include "io/message.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace bochner::report {
namespace {

constexpr std::size_t kGap = 2;

/// Letters of a UTF-8 text.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string without_trailing_blanks(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

}  // namespace

TextTable::TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (Column& column : columns_) {
    column = {io::printable(column.title), io::printable(column.group)};
  }
}

void TextTable::add_row(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = io::printable(cell);
  rows_.push_back(std::move(cells));
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t widest = width(columns_[c].title);
    for (const auto& row : rows_) widest = std::max(widest, width(row[c]));
    widths.push_back(widest);
  }

  std::string headings;
  bool any_group = false;
  for (std::size_t c = 0; c < columns_.size();) {
    const std::string& group = columns_[c].group;
    std::size_t end = c + 1;
    while (end < columns_.size() && !group.empty() && columns_[end].group == group) ++end;
    std::size_t span =
        std::accumulate(widths.begin() + static_cast<std::ptrdiff_t>(c),
                        widths.begin() + static_cast<std::ptrdiff_t>(end), kGap * (end - c - 1));
    if (!group.empty() && width(group) + 2 > span) {
      widths[end - 1] += width(group) + 2 - span;
      span = width(group) + 2;
    }
    if (c > 0) headings.append(kGap, ' ');
    if (group.empty()) {
      headings.append(span, ' ');
    } else {
      any_group = true;
      const std::size_t rule = span - width(group) - 2;
      headings.append(rule / 2, '-').append(" " + group + " ").append(rule - rule / 2, '-');
    }
    c = end;
  }

  const auto line = [&](const auto& cell) {
    std::string out;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      out.append(widths[c] - width(cell(c)) + (c > 0 ? kGap : 0), ' ').append(cell(c));
    }
    return out + '\n';
  };
  std::string out = any_group ? without_trailing_blanks(headings) : "";
  out += line([&](std::size_t c) { return columns_[c].title; });
  for (const auto& row : rows_) out += line([&](std::size_t c) { return row[c]; });
  return out;
}

}  // namespace bochner::report
