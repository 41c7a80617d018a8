// SPDX-License-Identifier: Apache-2.0
#include "interface/io/message.hpp"

#include "bochner/core/error.hpp"

#include <cstddef>
#include <system_error>

namespace bochner::io {
namespace {

constexpr std::size_t kLongest = 40;

/// Bytes of the printable UTF-8 character that `text` begins with, or 0.
std::size_t printable_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7F ? 1 : 0;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return lead == 0xC2 && byte(1) < 0xA0 ? 0 : length;
}

}  // namespace

std::string quoted(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "'";
  for (std::size_t i = 0, shown = 0; i < text.size(); ++shown) {
    if (shown == kLongest) return out + "...'";
    if (const std::size_t length = printable_length(text.substr(i))) {
      out += text.substr(i, length);
      i += length;
    } else {
      const auto byte = static_cast<unsigned char>(text[i++]);
      out += {'\\', 'x', kDigits[byte / 16], kDigits[byte % 16]};
    }
  }
  return out + "'";
}

void fail_system(const std::string& name, const std::string& what, int error_number) {
  throw FileError(name + ": " + what + ": " + std::generic_category().message(error_number));
}

}  // namespace bochner::io
