// SPDX-License-Identifier: Apache-2.0
#include "io/npz.hpp"

#include "bochner/core/error.hpp"
#include "io/message.hpp"
#include "io/nameless_file.hpp"
#include "io/rereadable.hpp"
#include "io/zip_directory.hpp"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace bochner::io {
namespace {

constexpr std::size_t kMemberBytes = std::size_t{1} << 18;
/// Deflate makes 258 bytes of two bits at best.
constexpr std::uint64_t kMostExpansion = 1032;
constexpr std::string_view kSuffix = ".npy";

std::string array_name(const ZipEntry& entry) {
  return entry.name.ends_with(kSuffix) ? entry.name.substr(0, entry.name.size() - kSuffix.size())
                                       : entry.name;
}

std::string listed(const std::vector<ZipEntry>& entries) {
  constexpr std::size_t kShown = 12;
  std::string out;
  for (std::size_t i = 0; i < std::min(kShown, entries.size()); ++i) {
    out += (i == 0 ? "" : ", ") + io::quoted(array_name(entries[i]));
  }
  return out + (entries.size() > kShown ? ", ..." : "");
}

const ZipEntry& chosen(const std::vector<ZipEntry>& entries, const std::string& name,
                       const std::string& file) {
  if (entries.empty()) throw FileError(file + ": is a zip archive without members");
  if (name.empty() && entries.size() == 1) return entries.front();
  if (name.empty()) {
    throw FileError(file + ": holds " + std::to_string(entries.size()) +
                    " arrays: " + listed(entries) + "; expected " + file + ":NAME");
  }
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const ZipEntry& entry) {
    return array_name(entry) == name || entry.name == name;
  });
  if (found == entries.end()) {
    throw FileError(file + ": has no array " + io::quoted(name) + "; it has " + listed(entries));
  }
  return *found;
}

/// The CRC-32 of bytes that come one after the other.
class Crc {
 public:
  void add(std::span<const std::byte> bytes) {
    value_ = ::crc32(value_, reinterpret_cast<const Bytef*>(bytes.data()),
                     static_cast<uInt>(bytes.size()));
  }
  bool is(std::uint32_t expected) const { return value_ == expected; }

 private:
  uLong value_ = ::crc32(0, nullptr, 0);
};

/// zlib's state, which ends with it.
class Inflater {
 public:
  explicit Inflater(const std::string& name) : name_(name) {
    // A raw stream: the zip archive has its own header and checksum.
    if (::inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { ::inflateEnd(&stream_); }

  void feed(std::span<std::byte> in) {
    stream_.next_in = reinterpret_cast<Bytef*>(in.data());
    stream_.avail_in = static_cast<uInt>(in.size());
  }
  /// Whether it has given out all of what it was fed: after a full `out` it may hold more.
  bool hungry() const { return stream_.avail_in == 0 && !full_; }
  bool ended() const { return ended_; }
  /// Fills `out` as far as what was fed goes; returns how many bytes.
  std::size_t take(std::span<std::byte> out) {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int code = ::inflate(&stream_, Z_NO_FLUSH);
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      throw FileError(name_ + ": its compressed bytes are damaged");
    }
    ended_ = code == Z_STREAM_END;
    full_ = stream_.avail_out == 0;
    return out.size() - stream_.avail_out;
  }

 private:
  const std::string& name_;
  z_stream stream_{};
  bool ended_ = false;
  bool full_ = false;
};

[[noreturn]] void fail_checksum(const std::string& name) {
  throw FileError(name + ": is damaged: its bytes do not have the checksum of the archive");
}

std::unique_ptr<ByteSource> stored(const ByteSource& archive, std::uint64_t offset,
                                   const ZipEntry& entry, const std::string& name) {
  if (entry.held_bytes != entry.bytes) {
    throw FileError(name + ": its stored length differs from the length in the directory");
  }
  const auto look = archive.part(name, offset, entry.bytes);
  Crc crc;
  std::vector<std::byte> chunk(kMemberBytes);
  for (std::size_t got = chunk.size(); got == chunk.size();) {
    got = look->read(chunk);
    crc.add(std::span(chunk).first(got));
  }
  if (!crc.is(entry.crc)) fail_checksum(name);
  return archive.part(name, offset, entry.bytes);
}

std::unique_ptr<ByteSource> deflated(const ByteSource& archive, std::uint64_t offset,
                                     const ZipEntry& entry, const std::string& name) {
  if (entry.bytes / kMostExpansion > entry.held_bytes) {
    throw FileError(name + ": claims " + std::to_string(entry.bytes) + " bytes out of " +
                    std::to_string(entry.held_bytes) + ", which deflate never reaches");
  }
  const auto in = archive.part(name, offset, entry.held_bytes);
  NamelessFile copy(name);
  Inflater inflater(name);
  Crc crc;
  std::uint64_t made = 0;
  std::vector<std::byte> fed(kMemberBytes);
  std::vector<std::byte> out(kMemberBytes);
  while (!inflater.ended()) {
    if (inflater.hungry()) {
      const std::size_t got = in->read(fed);
      if (got == 0) throw FileError(name + ": its compressed bytes end too early");
      inflater.feed(std::span(fed).first(got));
    }
    const auto bytes = std::span(out).first(inflater.take(out));
    made += bytes.size();
    if (made > entry.bytes) break;
    crc.add(bytes);
    copy.write(bytes);
  }
  if (made != entry.bytes)
    throw FileError(name + ": its length differs from the length in the directory");
  if (!crc.is(entry.crc)) fail_checksum(name);
  return copy.release();
}

}  // namespace

std::unique_ptr<ByteSource> open_npz_member(std::unique_ptr<ByteSource> archive,
                                            const std::string& name) {
  archive = rereadable(std::move(archive));
  const std::vector<ZipEntry> entries = read_zip_directory(*archive);
  const ZipEntry& entry = chosen(entries, name, archive->name());
  const std::string member = archive->name() + ":" + array_name(entry);
  if ((entry.flags & 1) != 0) throw FileError(member + ": is encrypted, expected a plain array");
  const std::uint64_t offset = zip_data_offset(*archive, entry);
  if (entry.method == 0) return stored(*archive, offset, entry, member);
  if (entry.method == 8) return deflated(*archive, offset, entry, member);
  throw FileError(member + ": is compressed by method " + std::to_string(entry.method) +
                  ", expected numpy.savez or numpy.savez_compressed");
}

std::string source_file(const std::string& path) {
  constexpr std::string_view kMark = ".npz:";
  const std::size_t mark = path.rfind(kMark);
  const bool whole = mark == std::string::npos || ::access(path.c_str(), F_OK) == 0;
  return whole ? path : path.substr(0, mark + kMark.size() - 1);
}

std::unique_ptr<ByteSource> open_source(const std::string& path) {
  const std::string file = source_file(path);
  auto source = std::make_unique<ByteSource>(file);
  if (file == path) return source;
  return open_npz_member(std::move(source), path.substr(file.size() + 1));
}

}  // namespace bochner::io
