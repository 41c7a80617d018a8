// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/options.hpp"

#include "io/message.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

namespace bochner::cli {
namespace {

constexpr auto kMostFrequencies = static_cast<std::uint64_t>(std::numeric_limits<Index>::max());

template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

}  // namespace

std::vector<std::string> parse_list(const std::string& option, const std::string& text) {
  std::vector<std::string> items(1);
  int depth = 0;
  for (const char c : text) {
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
    if (c == ',' && depth == 0) {
      items.emplace_back();
    } else {
      items.back() += c;
    }
  }
  if (std::find(items.begin(), items.end(), "") != items.end()) {
    throw UsageError(option + ": the list " + io::quoted(text) + " has an empty item");
  }
  return items;
}

std::uint64_t parse_whole(const std::string& option, const std::string& text, std::uint64_t least,
                          std::uint64_t most) {
  const auto value = parse<std::uint64_t>(text);
  if (value && *value >= least && *value <= most) return *value;
  throw UsageError(option + ": " + io::quoted(text) + " is not a whole number from " +
                   std::to_string(least) + " to " + std::to_string(most));
}

double parse_positive(const std::string& option, const std::string& text) {
  const auto value = parse<double>(text);
  if (value && std::isfinite(*value) && *value > 0.0) return *value;
  throw UsageError(option + ": " + io::quoted(text) + " is not a positive number");
}

double parse_fraction(const std::string& option, const std::string& text) {
  const auto value = parse<double>(text);
  if (value && *value > 0.0 && *value < 1.0) return *value;
  throw UsageError(option + ": " + io::quoted(text) + " is not a number between 0 and 1");
}

void refuse_option(const std::string& option, const std::string& text, const std::string& reason) {
  // Where the whole text is wrong, its position says nothing.
  constexpr std::string_view kAtStart = "at character 1: ";
  if (reason.starts_with(kAtStart))
    throw UsageError(option + ": " + reason.substr(kAtStart.size()));
  throw UsageError(option + ": " + io::quoted(text) + ": " + reason);
}

std::vector<Index> parse_frequencies(const std::string& option, const std::string& text) {
  std::vector<Index> out;
  for (const std::string& item : parse_list(option, text)) {
    const std::size_t colon = item.find(':');
    const std::uint64_t first = parse_whole(option, item.substr(0, colon), 1, kMostFrequencies);
    const std::uint64_t last =
        colon == std::string::npos
            ? first
            : parse_whole(option, item.substr(colon + 1), first, kMostFrequencies);
    for (std::uint64_t m = first; m <= last; m *= 2) out.push_back(static_cast<Index>(m));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace bochner::cli
