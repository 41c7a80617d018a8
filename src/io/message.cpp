// SPDX-License-Identifier: Apache-2.0
#include "io/message.hpp"

#include "bochner/core/error.hpp"
#include "io/output_file.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>

namespace bochner::io {
namespace {

constexpr std::size_t kLongest = 40;

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};
/// Code points that a reader does not see, or that move what he sees.
constexpr std::array kHidden = {
    Range{0x00, 0x1F},        // C0
    Range{0x7F, 0x9F},        // delete, C1
    Range{0x061C, 0x061C},    // Arabic letter mark
    Range{0x200E, 0x200F},    // left-to-right and right-to-left marks
    Range{0x2028, 0x202E},    // separators of lines and paragraphs, embeddings and overrides
    Range{0x2066, 0x2069},    // isolates
    Range{0xD800, 0xDFFF},    // halves of UTF-16
    Range{0xFDD0, 0xFDEF},    // no characters
    Range{0xFEFF, 0xFEFF},    // byte-order mark
    Range{0xFFF9, 0xFFFB},    // annotations
    Range{0xE0000, 0xE007F},  // tags
};

bool is_hidden(std::uint32_t code) {
  constexpr std::uint32_t kNoCharacter = 0xFFFE;  // and 0xFFFF, of every plane
  return (code & kNoCharacter) == kNoCharacter ||
         std::any_of(kHidden.begin(), kHidden.end(),
                     [&](Range range) { return code >= range.first && code <= range.last; });
}

struct Character {
  std::uint32_t code;
  std::size_t bytes;
};

/// The character that `text` begins with, where it is well-formed UTF-8.
std::optional<Character> first_character(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(text[i])};
  };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return Character{lead, 1};
  if (lead < 0xC2 || lead > 0xF4) return std::nullopt;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < length) return std::nullopt;
  std::uint32_t code = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[length] || code > 0x10FFFF) return std::nullopt;
  return Character{code, length};
}

/// Bytes of the character that `text` begins with where it may be shown, or else 0.
std::size_t shown_length(std::string_view text) noexcept {
  const std::optional<Character> character = first_character(text);
  return character && !is_hidden(character->code) ? character->bytes : 0;
}

/// \uNNNN, or two of them beyond the first plane.
std::string json_escape(std::uint32_t code) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::uint32_t kPlane = 0x10000;
  if (code >= kPlane) {
    return json_escape(0xD800 + ((code - kPlane) >> 10)) + json_escape(0xDC00 + (code & 0x3FF));
  }
  std::string out = "\\u";
  for (const int shift : {12, 8, 4, 0}) out += kDigits[(code >> shift) & 0xF];
  return out;
}

using Escape = std::array<char, 4>;

Escape escape(char byte) noexcept {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  return {'\\', 'x', kDigits[value / 16], kDigits[value % 16]};
}

/// Hands `text` to `sink` character by character, each as it may be shown.
template <class Sink>
void each_shown(std::string_view text, char kept, const Sink& sink) {
  while (!text.empty()) {
    std::size_t length = shown_length(text);
    if (length == 0 && text.front() == kept && kept != '\0') length = 1;
    if (length > 0) {
      sink(text.substr(0, length));
    } else {
      const Escape escaped = escape(text.front());
      sink(std::string_view(escaped.data(), escaped.size()));
      length = 1;
    }
    text.remove_prefix(length);
  }
}

constexpr char kNothing = '\0';

std::string shown(std::string_view text, char kept) {
  std::string out;
  each_shown(text, kept, [&](std::string_view piece) { out += piece; });
  return out;
}

}  // namespace

std::string printable(std::string_view text) { return shown(text, kNothing); }

std::string printable_lines(std::string_view text) { return shown(text, '\n'); }

std::string printable_json(std::string_view json) {
  std::string out;
  while (!json.empty()) {
    const std::optional<Character> character = first_character(json);
    const std::size_t length = character ? character->bytes : 1;
    // Newlines are between values, where an escape would be none.
    if (character && is_hidden(character->code) && json.front() != '\n') {
      out += json_escape(character->code);
    } else {
      out += json.substr(0, length);
    }
    json.remove_prefix(length);
  }
  return out;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::optional<Character> character = first_character(text);
    // Halves of UTF-16 are no characters.
    if (!character || (character->code >= 0xD800 && character->code <= 0xDFFF)) return false;
    text.remove_prefix(character->bytes);
  }
  return true;
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  std::size_t count = 0;
  each_shown(text, kNothing, [&](std::string_view piece) {
    if (count++ < kLongest) out += piece;
  });
  return out + (count > kLongest ? "...'" : "'");
}

void write_line(int descriptor, std::initializer_list<std::string_view> pieces) noexcept {
  std::array<char, 1024> buffer{};
  std::size_t held = 0;
  const auto put = [&](std::string_view piece) {
    if (held + piece.size() > buffer.size()) {
      write_fully(descriptor, {buffer.data(), held});
      held = 0;
    }
    std::copy(piece.begin(), piece.end(), buffer.begin() + static_cast<std::ptrdiff_t>(held));
    held += piece.size();
  };
  for (const std::string_view piece : pieces) each_shown(piece, kNothing, put);
  put("\n");
  write_fully(descriptor, {buffer.data(), held});
}

void fail_system(const std::string& name, const std::string& what, int error_number) {
  throw FileError(name + ": " + what + ": " + std::generic_category().message(error_number));
}

}  // namespace bochner::io
