// SPDX-License-Identifier: Apache-2.0
#include "pipeline/column_ranges.hpp"

#include <charconv>
#include <system_error>

namespace bochner::pipeline {
namespace {

constexpr Index kLargestNumber = Index{1} << 40;

/// Takes a number of a column, counted from 1, off `text`; 0 where it does not begin with one.
Index take_number(std::string_view& text) {
  Index number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || number < 1 || number > kLargestNumber) return 0;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return number;
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string to_ranges(const std::vector<Index>& places) {
  std::string out;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Index first = places[i];
    while (i + 1 < places.size() && places[i + 1] == places[i] + 1) ++i;
    if (!out.empty()) out += ',';
    out += std::to_string(first + 1);
    if (places[i] > first) out += '-' + std::to_string(places[i] + 1);
  }
  return out;
}

std::optional<std::vector<Index>> parse_ranges(std::string_view text, std::size_t count) {
  std::vector<Index> out;
  do {
    const Index first = take_number(text);
    const Index last = take(text, '-') ? take_number(text) : first;
    const auto room = static_cast<Index>(count - out.size());
    if (first == 0 || last < first || last - first >= room) return std::nullopt;
    for (Index number = first; number <= last; ++number) out.push_back(number - 1);
  } while (take(text, ','));
  if (!text.empty() || out.size() != count) return std::nullopt;
  return out;
}

}  // namespace bochner::pipeline
