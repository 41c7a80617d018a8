// SPDX-License-Identifier: Apache-2.0
#include "io/resolve_columns.hpp"

#include "bochner/core/error.hpp"
#include "io/message.hpp"

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

std::string describe(const ColumnNames& names) {
  constexpr Index kShown = 12;
  const Index cols = names.count();
  std::string out = "it has " + std::to_string(cols) + (cols == 1 ? " column" : " columns");
  if (!names.named()) return out + " without names";
  for (Index i = 0; i < std::min(kShown, cols); ++i) {
    out += (i == 0 ? ": " : ", ") + io::quoted(names.name(i));
  }
  return out + (cols > kShown ? ", ..." : "");
}

/// First and last of the columns meant, counted from 0.
std::pair<Index, Index> resolve_entry(const std::string& entry, Entry kind,
                                      const ColumnNames& names, const std::string& file) {
  std::string_view name = entry;
  const bool numbers = kind == Entry::number_or_name || !names.named();
  if (numbers) {
    if (const auto number = parse_number(name);
        number && *number >= 1 && *number <= names.count()) {
      return {*number - 1, *number - 1};
    }
    if (name.size() > 2 && name.front() == '"' && name.back() == '"') {
      name = name.substr(1, name.size() - 2);
    }
  }
  const Index found = names.find(name);
  if (found >= 0) return {found, found};
  if (found == ColumnNames::kSeveral) {
    throw FileError(file + ": has more than one column " + io::quoted(name) +
                    "; choose by number, counted from 1");
  }
  const auto range = numbers ? parse_range(entry, names.count()) : std::nullopt;
  if (!range || range->first < 1 || range->second > names.count() || range->first > range->second) {
    throw FileError(file + ": has no column " + io::quoted(name) + "; " + describe(names));
  }
  return {range->first - 1, range->second - 1};
}

std::vector<Index> kept(const ColumnSelection& selection, const ColumnNames& names,
                        const std::string& file) {
  std::vector<Index> chosen;
  if (selection.keep.empty()) {
    chosen.resize(static_cast<std::size_t>(names.count()));
    std::iota(chosen.begin(), chosen.end(), Index{0});
    return chosen;
  }
  std::vector<bool> seen(static_cast<std::size_t>(names.count()));
  for (const std::string& entry : selection.keep) {
    const auto [first, last] = resolve_entry(entry, selection.entry, names, file);
    for (Index column = first; column <= last; ++column) {
      if (seen[static_cast<std::size_t>(column)]) {
        throw FileError(file + ": column " + io::quoted(entry) + " is chosen twice");
      }
      seen[static_cast<std::size_t>(column)] = true;
      chosen.push_back(column);
    }
  }
  return chosen;
}

/// Places that were chosen beforehand.
std::vector<Index> checked_places(std::vector<Index> places, const ColumnNames& names,
                                  const std::string& file) {
  if (places.empty()) throw FileError(file + ": no column is chosen; " + describe(names));
  for (const Index place : places) {
    if (place >= 0 && place < names.count()) continue;
    throw FileError(file + ": has no column number " + std::to_string(place + 1) + "; " +
                    describe(names));
  }
  return places;
}

}  // namespace

std::vector<Index> resolve(const ColumnSelection& selection, const ColumnNames& names,
                           const std::string& file) {
  if (selection.choose) return checked_places(selection.choose(names, file), names, file);
  if (!selection.places.empty()) return checked_places(selection.places, names, file);
  std::vector<Index> chosen = kept(selection, names, file);
  if (selection.drop.empty()) return chosen;
  std::vector<bool> dropped(static_cast<std::size_t>(names.count()));
  for (const std::string& entry : selection.drop) {
    const auto [first, last] = resolve_entry(entry, selection.entry, names, file);
    std::fill(dropped.begin() + first, dropped.begin() + last + 1, true);
  }
  std::erase_if(chosen, [&](Index column) { return dropped[static_cast<std::size_t>(column)]; });
  if (chosen.empty()) throw FileError(file + ": no column is left; " + describe(names));
  return chosen;
}

}  // namespace bochner::io
