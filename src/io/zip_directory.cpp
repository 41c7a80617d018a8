// SPDX-License-Identifier: Apache-2.0
#include "io/zip_directory.hpp"

#include "bochner/core/error.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace bochner::io {
namespace {

constexpr std::size_t kMostEntries = 1000;
/// Names and remarks of so many entries; a directory beyond it belongs to no archive of arrays.
constexpr std::uint64_t kLongestDirectory = std::uint64_t{1} << 20;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kLongestRemark = 65'535;
constexpr std::size_t kLocatorBytes = 20;
constexpr std::size_t kEnd64Bytes = 56;
constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kLocalBytes = 30;

[[noreturn]] void refuse(const ByteSource& archive, const std::string& what) {
  throw FileError(archive.name() + ": not a well-formed zip archive: " + what);
}

std::vector<std::byte> bytes_at(const ByteSource& archive, std::uint64_t offset,
                                std::uint64_t count) {
  const std::uint64_t size = archive.size().value();
  if (offset > size || count > size - offset)
    refuse(archive, "a part of it reaches beyond its end");
  std::vector<std::byte> out(static_cast<std::size_t>(count));
  archive.read_at(offset, out);
  return out;
}

/// A number of `Word`'s size, least byte first.
template <class Word>
Word number_at(std::span<const std::byte> bytes, std::size_t at) {
  Word out = 0;
  for (std::size_t i = sizeof(Word); i-- > 0;) {
    out = static_cast<Word>(out << 8 | std::to_integer<Word>(bytes[at + i]));
  }
  return out;
}

struct Directory {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

/// From the record at the end of the file, or its 64-bit twin where a number does not fit.
Directory find_directory(const ByteSource& archive) {
  const std::uint64_t size = archive.size().value();
  const std::uint64_t tail_bytes = std::min<std::uint64_t>(size, kEndBytes + kLongestRemark);
  const std::vector<std::byte> tail = bytes_at(archive, size - tail_bytes, tail_bytes);
  for (std::size_t at = tail.size() < kEndBytes ? 0 : tail.size() - kEndBytes + 1; at-- > 0;) {
    if (number_at<std::uint32_t>(tail, at) != 0x06054b50) continue;
    Directory out{number_at<std::uint32_t>(tail, at + 16), number_at<std::uint32_t>(tail, at + 12)};
    const std::uint64_t end = size - tail_bytes + at;
    if (out.offset != 0xFFFFFFFF && out.bytes != 0xFFFFFFFF) return out;
    if (end < kLocatorBytes) refuse(archive, "it has no 64-bit directory");
    const auto locator = bytes_at(archive, end - kLocatorBytes, kLocatorBytes);
    if (number_at<std::uint32_t>(locator, 0) != 0x07064b50) {
      refuse(archive, "it has no 64-bit directory");
    }
    const auto end64 = bytes_at(archive, number_at<std::uint64_t>(locator, 8), kEnd64Bytes);
    if (number_at<std::uint32_t>(end64, 0) != 0x06064b50) {
      refuse(archive, "it has no 64-bit directory");
    }
    return {number_at<std::uint64_t>(end64, 48), number_at<std::uint64_t>(end64, 40)};
  }
  refuse(archive, "it has no directory (truncated?)");
}

/// Numbers that do not fit into 32 bits stand in an extra field, in this order.
void take_64_bits(const ByteSource& archive, std::span<const std::byte> extra, ZipEntry& entry) {
  while (extra.size() >= 4) {
    const auto kind = number_at<std::uint16_t>(extra, 0);
    const std::size_t length = number_at<std::uint16_t>(extra, 2);
    extra = extra.subspan(4);
    if (length > extra.size()) refuse(archive, "an extra field is cut");
    if (kind == 1) {
      std::span<const std::byte> field = extra.first(length);
      for (std::uint64_t* const number : {&entry.bytes, &entry.held_bytes, &entry.header_offset}) {
        if (*number != 0xFFFFFFFF) continue;
        if (field.size() < 8) refuse(archive, "an extra field is cut");
        *number = number_at<std::uint64_t>(field, 0);
        field = field.subspan(8);
      }
    }
    extra = extra.subspan(length);
  }
}

}  // namespace

std::vector<ZipEntry> read_zip_directory(const ByteSource& archive) {
  const Directory directory = find_directory(archive);
  if (directory.bytes > kLongestDirectory) refuse(archive, "its directory is longer than 1 MiB");
  const std::vector<std::byte> held = bytes_at(archive, directory.offset, directory.bytes);
  std::span<const std::byte> rest(held);
  std::vector<ZipEntry> out;
  while (!rest.empty()) {
    if (rest.size() < kEntryBytes || number_at<std::uint32_t>(rest, 0) != 0x02014b50) {
      refuse(archive, "its directory is damaged");
    }
    ZipEntry entry{.name = {},
                   .flags = number_at<std::uint16_t>(rest, 8),
                   .method = number_at<std::uint16_t>(rest, 10),
                   .crc = number_at<std::uint32_t>(rest, 16),
                   .held_bytes = number_at<std::uint32_t>(rest, 20),
                   .bytes = number_at<std::uint32_t>(rest, 24),
                   .header_offset = number_at<std::uint32_t>(rest, 42)};
    const std::size_t name = number_at<std::uint16_t>(rest, 28);
    const std::size_t extra = number_at<std::uint16_t>(rest, 30);
    const std::size_t remark = number_at<std::uint16_t>(rest, 32);
    if (name + extra + remark > rest.size() - kEntryBytes) {
      refuse(archive, "its directory is damaged");
    }
    entry.name.assign(reinterpret_cast<const char*>(rest.data()) + kEntryBytes, name);
    take_64_bits(archive, rest.subspan(kEntryBytes + name, extra), entry);
    out.push_back(std::move(entry));
    if (out.size() > kMostEntries) refuse(archive, "it has more than 1000 members");
    rest = rest.subspan(kEntryBytes + name + extra + remark);
  }
  return out;
}

std::uint64_t zip_data_offset(const ByteSource& archive, const ZipEntry& entry) {
  const auto local = bytes_at(archive, entry.header_offset, kLocalBytes);
  if (number_at<std::uint32_t>(local, 0) != 0x04034b50) refuse(archive, "a member has no header");
  const std::uint64_t begin = entry.header_offset + kLocalBytes +
                              number_at<std::uint16_t>(local, 26) +
                              number_at<std::uint16_t>(local, 28);
  const std::uint64_t size = archive.size().value();
  if (begin > size || entry.held_bytes > size - begin) {
    refuse(archive, "a member reaches beyond its end (truncated?)");
  }
  return begin;
}

}  // namespace bochner::io
