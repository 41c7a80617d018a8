// SPDX-License-Identifier: Apache-2.0
#include "core/numbers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

namespace bochner {

std::string shortest(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::string significant(double value, int digits) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value < 0.0 ? "-inf" : "inf";
  std::array<char, 64> buffer{};
  const double size = std::abs(value);
  const bool plain = size == 0.0 || (size >= 1e-5 && size < 1e9);
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                           std::chars_format::scientific, digits - 1)
                 .ptr;
  if (plain) {
    // The exponent after rounding: 0.99996 has four digits as 1.000.
    const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
    int exponent = 0;
    const std::size_t sign = text.find('e') + (text[text.find('e') + 1] == '+' ? 2 : 1);
    std::from_chars(text.data() + sign, end, exponent);
    end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                        std::chars_format::fixed, std::max(0, digits - 1 - exponent))
              .ptr;
  }
  return {buffer.data(), end};
}

std::string duration(double seconds) {
  constexpr std::array<std::pair<double, const char*>, 3> kUnits = {
      {{1.0, " s"}, {1e-3, " ms"}, {1e-6, " us"}}};
  for (const auto& [unit, name] : kUnits) {
    if (seconds >= unit) return significant(seconds / unit, 3) + name;
  }
  return "0 s";
}

}  // namespace bochner
