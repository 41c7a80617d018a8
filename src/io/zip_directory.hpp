// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/byte_source.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace bochner::io {

/// What the directory of a zip archive says about a member [APPNOTE 4.3.12].
struct ZipEntry {
  std::string name;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;  ///< 0: stored, 8: deflated
  std::uint32_t crc = 0;
  std::uint64_t held_bytes = 0;  ///< as stored in the archive
  std::uint64_t bytes = 0;
  std::uint64_t header_offset = 0;
};

/// All members, of an archive that has a size. Throws FileError where the directory is damaged,
/// reaches beyond the file, or has more than 1,000 entries.
std::vector<ZipEntry> read_zip_directory(const ByteSource& archive);

/// Where the bytes of a member begin. Throws FileError when they end beyond the file.
std::uint64_t zip_data_offset(const ByteSource& archive, const ZipEntry& entry);

}  // namespace bochner::io
