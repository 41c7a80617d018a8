// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/archive.hpp>
#include <bochner/export.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

/// \file
/// Archives as files in the safetensors layout [safetensors]: 8 bytes of length (little-endian),
/// that many of JSON, raw little-endian arrays. docs/files.md is the reference.

namespace bochner::io {

/// Writes `archive` to a file that appears whole or not at all; "-" is refused. The keys `format`,
/// `sha256`, `library_version` and `stream_version` are added to the metadata: the digest is that
/// of the whole file with its own 64 digits as zeros, so it covers every bit. Throws FileError when
/// the file cannot be written, when its header takes more than 100,000,000 bytes, as safetensors
/// has it, when its metadata is not UTF-8 and when there are more than 1,000 arrays.
BOCHNER_EXPORT void write_archive(const std::string& path, const Archive& archive);

/// The archive in a regular file. Nothing in it is trusted: lengths are compared with the file's
/// before anything is allocated, and a file that is truncated, has trailing bytes, a flipped bit, a
/// key twice, arrays that overlap or leave gaps, another format or another version of the random
/// streams is a FileError that says so.
BOCHNER_EXPORT Archive read_archive(const std::string& path);

/// The bytes that `write_archive` writes. Throws as it does.
BOCHNER_EXPORT std::vector<std::byte> to_bytes(const Archive& archive);

/// The archive in those bytes, of which nothing is trusted either: throws as `read_archive`.
BOCHNER_EXPORT Archive parse_archive(std::span<const std::byte> bytes);

}  // namespace bochner::io
