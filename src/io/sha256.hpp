// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace bochner::io {

/// SHA-256 of a stream of bytes [FIPS 180-4].
class Sha256 {
 public:
  void add(std::span<const std::byte> bytes);
  /// The digest of everything added so far, as 64 hexadecimal digits; more may be added after.
  std::string hex() const;

 private:
  void compress(const std::byte* block);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> pending_{};
  std::uint64_t length_ = 0;
};

}  // namespace bochner::io
