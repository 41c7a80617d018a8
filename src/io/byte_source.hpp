// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/sha256.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bochner::io {

/// The bytes of a file or, for "-", of the standard input, in order, hashed as they come. Every
/// failure is a FileError that names the file.
class ByteSource {
 public:
  /// Opens; refuses directories.
  explicit ByteSource(const std::string& path);
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  ~ByteSource();

  /// The same file again, from its first byte, whatever has been read here; only for one that has a
  /// size.
  std::unique_ptr<ByteSource> again() const;
  /// Likewise `bytes` of it from `offset` on, as a file of that name.
  std::unique_ptr<ByteSource> part(const std::string& name, std::uint64_t offset,
                                   std::uint64_t bytes) const;
  /// Takes over a descriptor.
  static std::unique_ptr<ByteSource> of_descriptor(const std::string& name, int descriptor);

  /// What to call it in messages: the path, or "standard input".
  const std::string& name() const noexcept { return name_; }
  /// Bytes of a regular file, or nothing for a pipe, a device, or the rest of a file that someone
  /// has already started to read.
  std::optional<std::uint64_t> size() const noexcept { return size_; }
  /// Bytes consumed so far.
  std::uint64_t position() const noexcept { return position_; }

  static constexpr std::size_t kMostPeeked = std::size_t{1} << 16;
  /// The bytes that come next: at least `least` of them (at most `kMostPeeked`) unless the end
  /// comes first.
  std::span<const std::byte> peek(std::size_t least = 1);
  /// Consumes `count` of the bytes that `peek` showed.
  void skip(std::size_t count);
  /// Consumes as many bytes as `out` holds, or those up to the end; returns how many.
  std::size_t read(std::span<std::byte> out);

  /// Fills `out` from `offset` of a file that has a size, without consuming anything.
  void read_at(std::uint64_t offset, std::span<std::byte> out) const;

  /// Reads on to the end and returns the SHA-256 of all bytes, first to last.
  std::string digest();

 private:
  ByteSource(std::string name, int descriptor);
  std::unique_ptr<ByteSource> duplicate(const std::string& name) const;
  std::size_t read_some(std::span<std::byte> out);

  static constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();

  std::string name_;
  bool owned_;
  int descriptor_;
  std::optional<std::uint64_t> size_;
  std::uint64_t position_ = 0;
  std::uint64_t begin_ = 0;    ///< of a part
  std::uint64_t most_ = kAny;  ///< bytes of a part
  std::uint64_t fetched_ = 0;  ///< bytes that came into the buffer or past it
  Sha256 hash_;
  std::vector<std::byte> buffer_;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
};

}  // namespace bochner::io
