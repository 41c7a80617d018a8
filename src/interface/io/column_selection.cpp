// SPDX-License-Identifier: Apache-2.0
#include "interface/io/column_selection.hpp"

#include "bochner/core/error.hpp"
#include "interface/io/message.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

namespace bochner::io {
namespace {

std::optional<Index> parse_number(std::string_view text) {
  Index value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

/// First and last of `7`, `2-5`, `2-` or `-5`, counted from 1.
std::optional<std::pair<Index, Index>> parse_range(std::string_view text, Index cols) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    const auto number = parse_number(text);
    if (!number) return std::nullopt;
    return std::pair{*number, *number};
  }
  const std::string_view before = text.substr(0, dash);
  const std::string_view after = text.substr(dash + 1);
  if (before.empty() && after.empty()) return std::nullopt;
  const auto first = before.empty() ? std::optional<Index>(1) : parse_number(before);
  const auto last = after.empty() ? std::optional<Index>(cols) : parse_number(after);
  if (!first || !last) return std::nullopt;
  return std::pair{*first, *last};
}

std::string describe(std::span<const std::string> names, Index cols) {
  constexpr std::size_t kShown = 12;
  std::string out = "it has " + std::to_string(cols) + (cols == 1 ? " column" : " columns");
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i) {
    out += (i == 0 ? ": " : ", ") + quoted(names[i]);
  }
  return out + (names.size() > kShown ? ", ..." : names.empty() ? " without names" : "");
}

std::vector<Index> resolve_entry(const std::string& entry, std::span<const std::string> names,
                                 Index cols, const std::string& file) {
  const auto found = std::find(names.begin(), names.end(), entry);
  if (found != names.end()) {
    if (std::find(found + 1, names.end(), entry) != names.end()) {
      throw FileError(file + ": has more than one column " + quoted(entry) +
                      "; choose by number, counted from 1");
    }
    return {found - names.begin()};
  }
  const auto range = parse_range(entry, cols);
  if (!range || range->first < 1 || range->second > cols || range->first > range->second) {
    throw FileError(file + ": has no column " + quoted(entry) + "; " + describe(names, cols));
  }
  std::vector<Index> out(static_cast<std::size_t>(range->second - range->first + 1));
  std::iota(out.begin(), out.end(), range->first - 1);
  return out;
}

}  // namespace

std::vector<Index> resolve(const ColumnSelection& selection, std::span<const std::string> names,
                           Index cols, const std::string& file) {
  std::vector<Index> chosen;
  for (const std::string& entry : selection.keep) {
    for (const Index column : resolve_entry(entry, names, cols, file)) {
      if (std::find(chosen.begin(), chosen.end(), column) != chosen.end()) {
        throw FileError(file + ": column " + quoted(entry) + " is chosen twice");
      }
      chosen.push_back(column);
    }
  }
  if (selection.keep.empty()) {
    chosen.resize(static_cast<std::size_t>(cols));
    std::iota(chosen.begin(), chosen.end(), Index{0});
  }
  for (const std::string& entry : selection.drop) {
    for (const Index column : resolve_entry(entry, names, cols, file)) {
      std::erase(chosen, column);
    }
  }
  if (chosen.empty()) throw FileError(file + ": no column is left; " + describe(names, cols));
  return chosen;
}

}  // namespace bochner::io
