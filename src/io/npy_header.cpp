// SPDX-License-Identifier: Apache-2.0
#include "io/npy_header.hpp"

#include "bochner/core/error.hpp"
#include "core/checked.hpp"
#include "io/message.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <optional>

namespace bochner::io {
namespace {

/// What numpy allows by default; whoever needs more has records with thousands of fields.
constexpr std::size_t kLongestHeader = 10'000;
constexpr std::size_t kMostDimensions = 8;

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
  throw FileError(name + ": not a well-formed .npy file: " + what);
}

/// Parser of the one dictionary literal {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4),
/// }.
class HeaderParser {
 public:
  HeaderParser(const std::string& name, std::string_view text) : name_(name), text_(text) {}

  NpyHeader parse() {
    expect('{');
    while (!take('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr" && once(0)) {
        descr();
      } else if (key == "fortran_order" && once(1)) {
        header_.storage = boolean() ? StorageOrder::column_major : StorageOrder::row_major;
      } else if (key == "shape" && once(2)) {
        shape();
      } else {
        refuse(name_, "its header has the key " + io::quoted(key) +
                          ", expected descr, fortran_order and shape, each once");
      }
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (!text_.empty()) refuse(name_, "its header goes on after the dictionary");
    for (const bool seen : seen_) {
      if (!seen) refuse(name_, "its header lacks one of descr, fortran_order and shape");
    }
    return header_;
  }

 private:
  void skip_blanks() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n')) text_.remove_prefix(1);
  }

  bool take(char wanted) {
    skip_blanks();
    if (text_.empty() || text_[0] != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }

  void expect(char wanted) {
    if (!take(wanted)) {
      refuse(name_, std::string("its header lacks a '") + wanted + "' before " +
                        io::quoted(text_.substr(0, 20)));
    }
  }

  bool once(std::size_t key) {
    const bool first = !seen_[key];
    seen_[key] = true;
    return first;
  }

  std::string_view string() {
    skip_blanks();
    const char quote = text_.empty() ? '\0' : text_[0];
    const std::size_t end =
        quote == '\'' || quote == '"' ? text_.find(quote, 1) : std::string::npos;
    if (end == std::string::npos) {
      refuse(name_, "expected a string in its header, got " + io::quoted(text_.substr(0, 20)));
    }
    const std::string_view out = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return out;
  }

  bool boolean() {
    skip_blanks();
    for (const std::string_view word : {"True", "False"}) {
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return word == "True";
    }
    refuse(name_, "expected True or False in its header, got " + io::quoted(text_.substr(0, 20)));
  }

  void descr() {
    skip_blanks();
    if (text_.starts_with('[')) {
      throw FileError(name_ + ": holds records with named fields, expected plain numbers");
    }
    const std::string_view type = string();
    const std::string_view order = "<>|=";
    const auto unsupported = [&] {
      throw FileError(name_ + ": holds numbers of type " + io::quoted(type) +
                      ", expected f2, f4, f8, i1, i2, i4, i8, u1, u2, u4 or u8");
    };
    if (type.ends_with('O')) {
      throw FileError(name_ + ": holds Python objects, which are never read");
    }
    if (type.size() != 3 || order.find(type[0]) == std::string_view::npos) unsupported();
    header_.kind = type[1];
    header_.item_bytes = type[2] - '0';
    const bool known =
        type[1] == 'f' ? type[2] == '2' || type[2] == '4' || type[2] == '8'
                       : (type[1] == 'i' || type[1] == 'u') &&
                             (type[2] == '1' || type[2] == '2' || type[2] == '4' || type[2] == '8');
    if (!known || (type[0] == '|' && header_.item_bytes != 1)) unsupported();
    header_.byte_order = type[0] == '>' ? ByteOrder::big : ByteOrder::little;
    static_assert(std::endian::native == std::endian::little, "'=' and '|' mean little here");
  }

  void shape() {
    expect('(');
    while (!take(')')) {
      skip_blanks();
      Index extent = 0;
      const auto [rest, error] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (error != std::errc{} || extent < 0) {
        refuse(name_, "expected an extent in its shape, got " + io::quoted(text_.substr(0, 20)));
      }
      text_.remove_prefix(static_cast<std::size_t>(rest - text_.data()));
      if (text_.starts_with('L')) text_.remove_prefix(1);  // a long of Python 2
      if (header_.shape.size() == kMostDimensions) {
        throw FileError(name_ + ": has more than 8 dimensions");
      }
      header_.shape.push_back(extent);
      if (!take(',')) {
        expect(')');
        break;
      }
    }
  }

  const std::string& name_;
  std::string_view text_;
  NpyHeader header_;
  std::array<bool, 3> seen_{};
};

std::optional<Index> checked_bytes(const NpyHeader& header) {
  std::optional<Index> bytes = header.item_bytes;
  for (const Index extent : header.shape) {
    if (bytes) bytes = checked_product(*bytes, extent);
  }
  return bytes;
}

}  // namespace

Index data_bytes(const NpyHeader& header) { return checked_bytes(header).value(); }

NpyHeader read_npy_header(ByteSource& source) {
  const std::string& name = source.name();
  const auto take = [&](std::size_t count) {
    std::vector<std::byte> bytes(count);
    if (source.read(bytes) < count) throw FileError(name + ": ends in the middle of its header");
    return bytes;
  };
  const std::vector<std::byte> start = take(kNpyMagic.size() + 2);
  if (!std::equal(kNpyMagic.begin(), kNpyMagic.end(), start.begin(),
                  [](char a, std::byte b) { return static_cast<std::byte>(a) == b; })) {
    throw FileError(name + ": is not a .npy file: its first bytes are different");
  }
  const int major = std::to_integer<int>(start[kNpyMagic.size()]);
  const int minor = std::to_integer<int>(start[kNpyMagic.size() + 1]);
  if (major < 1 || major > 3 || minor != 0) {
    throw FileError(name + ": is a .npy file of version " + std::to_string(major) + "." +
                    std::to_string(minor) + ", expected 1.0, 2.0 or 3.0");
  }
  std::size_t length = 0;
  const std::vector<std::byte> digits = take(major == 1 ? 2 : 4);
  for (std::size_t i = digits.size(); i-- > 0;) {
    length = length * 256 + std::to_integer<std::size_t>(digits[i]);
  }
  if (length > kLongestHeader) {
    refuse(name, "its header claims " + std::to_string(length) + " bytes, expected at most " +
                     std::to_string(kLongestHeader));
  }
  const std::vector<std::byte> text = take(length);
  const NpyHeader header =
      HeaderParser(name, {reinterpret_cast<const char*>(text.data()), text.size()}).parse();
  if (!checked_bytes(header)) refuse(name, "the product of its extents overflows");
  return header;
}

std::string format_npy_header(const NpyHeader& header) {
  constexpr std::size_t kAlignment = 64;
  std::string shape;
  for (const Index extent : header.shape) {
    if (!shape.empty()) shape += ", ";
    shape += std::to_string(extent);
  }
  if (header.shape.size() == 1) shape += ',';
  std::string text = "{'descr': '";
  text += header.item_bytes == 1 ? '|' : header.byte_order == ByteOrder::big ? '>' : '<';
  text += header.kind + std::to_string(header.item_bytes) + "', 'fortran_order': " +
          (header.storage == StorageOrder::column_major ? "True" : "False") + ", 'shape': (" +
          shape + "), }";
  const std::size_t before = kNpyMagic.size() + 4;
  const std::size_t total = (before + text.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  text.resize(total - before - 1, ' ');
  text += '\n';
  std::string out(kNpyMagic);
  out +=
      {'\x01', '\x00', static_cast<char>(text.size() % 256), static_cast<char>(text.size() / 256)};
  return out + text;
}

}  // namespace bochner::io
