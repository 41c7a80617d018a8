// SPDX-License-Identifier: Apache-2.0
#include "io/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace bochner::io {
namespace {

/// Whether a number that a double cannot hold is too small for it: its first digit that is not 0
/// stands after the point, exponent included.
bool too_small(std::string_view text) {
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  const std::string_view mantissa = text.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = std::min(mantissa.find_first_of("123456789"), mantissa.size());
  const auto order = static_cast<std::ptrdiff_t>(point) - static_cast<std::ptrdiff_t>(first);
  std::string_view digits = text.substr(std::min(e + 1, text.size()));
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::ptrdiff_t exponent = 0;
  const auto [rest, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  if (error == std::errc::result_out_of_range) return digits.starts_with('-');
  constexpr std::ptrdiff_t kBeyond = std::ptrdiff_t{1} << 40;  // any field's length
  return order + std::clamp(exponent, -kBeyond, kBeyond) < 0;
}

}  // namespace

Parsed parse_decimal(std::string_view text, double& value) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (rest != end || error == std::errc::invalid_argument) return Parsed::no_number;
  if (error == std::errc{}) return Parsed::number;
  if (!too_small(text)) return Parsed::out_of_range;
  value = text.starts_with('-') ? -0.0 : 0.0;
  return Parsed::number;
}

}  // namespace bochner::io
