// SPDX-License-Identifier: Apache-2.0
#include "interface/io/decimal.hpp"

#include <charconv>
#include <system_error>

namespace bochner::io {

Parsed parse_decimal(std::string_view text, double& value) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (rest != end || error == std::errc::invalid_argument) return Parsed::no_number;
  return error == std::errc{} ? Parsed::number : Parsed::out_of_range;
}

}  // namespace bochner::io
