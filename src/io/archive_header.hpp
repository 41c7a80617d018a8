// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// The JSON header of the safetensors layout [safetensors]: where each array lies in the bytes that
/// follow, and the metadata. Two dimensions, F32 and F64 only.

namespace bochner::io {

/// Bytes of a header, as safetensors has it; what is read is no longer than its file either.
inline constexpr std::size_t kLongestArchiveHeader = 100'000'000;
inline constexpr std::size_t kMostArrays = 1000;

struct ArchiveEntry {
  std::string name;
  Index item_bytes = 8;  ///< 4 for F32, 8 for F64
  Index rows = 0;
  Index cols = 0;
  friend bool operator==(const ArchiveEntry&, const ArchiveEntry&) = default;
};

struct ArchiveHeader {
  std::map<std::string, std::string, std::less<>> metadata;
  std::vector<ArchiveEntry>
      entries;  ///< in the order of their bytes, which lie one after the other
};

/// Bytes of all arrays together.
Index data_bytes(const ArchiveHeader& header);

/// The header as compact JSON, metadata first and in it `first_key` first.
std::string format_archive_header(const ArchiveHeader& header, const std::string& first_key);

/// Throws FileError naming `file` for anything but one JSON object of such entries and metadata:
/// for a key that appears twice, an unknown one, other types, arrays that overlap, leave holes or
/// do not have the length of their shape, and too many of them. Allocates in proportion to `json`
/// only.
ArchiveHeader parse_archive_header(std::string_view json, const std::string& file);

}  // namespace bochner::io
