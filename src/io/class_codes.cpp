// SPDX-License-Identifier: Apache-2.0
#include "io/class_codes.hpp"

#include "io/decimal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <tuple>
#include <utility>

namespace bochner::io {

std::string class_name(std::string_view field) {
  double value = 0.0;
  if (parse_decimal(field, value) != Parsed::number || !std::isfinite(value)) {
    return std::string(field);
  }
  std::array<char, 32> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value == 0.0 ? 0.0 : value).ptr;
  return {digits.data(), end};
}

ClassCodes::ClassCodes(std::vector<std::string> known, std::size_t most)
    : most_(most), names_(std::move(known)) {
  for (std::size_t c = 0; c < names_.size(); ++c) codes_.emplace(names_[c], static_cast<Index>(c));
}

std::optional<Index> ClassCodes::code(std::string_view name) {
  // Most fields are written as the name is; only the others are looked at as numbers.
  if (const auto found = codes_.find(name); found != codes_.end()) return found->second;
  const auto [found, added] =
      codes_.try_emplace(class_name(name), static_cast<Index>(names_.size()));
  if (!added) return found->second;
  if (names_.size() == most_) return std::nullopt;
  names_.push_back(found->first);
  return found->second;
}

std::vector<Index> class_order(std::span<const std::string> names) {
  const auto key = [&](Index i) {
    const std::string& name = names[static_cast<std::size_t>(i)];
    double value = 0.0;
    const bool word = parse_decimal(name, value) != Parsed::number || !std::isfinite(value);
    return std::tuple(word, word ? 0.0 : value, std::string_view(name));
  };
  std::vector<Index> order(names.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), [&](Index a, Index b) { return key(a) < key(b); });
  return order;
}

}  // namespace bochner::io
