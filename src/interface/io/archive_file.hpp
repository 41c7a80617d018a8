// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/archive.hpp"
#include "interface/io/output_file.hpp"

#include <string>

/// \file
/// Archives as files in the safetensors layout [safetensors]: 8 bytes of length (little-endian),
/// that many of JSON, raw little-endian arrays. docs/files.md is the reference.

namespace bochner::io {

/// Writes `archive`; the caller commits. The words `format`, `sha256`, `library_version` and
/// `stream_version` are added: the digest is that of the whole file with its own 64 digits as
/// zeros, so it covers every bit. Throws FileError as `require_header` does.
void write_archive(OutputFile& out, const Archive& archive);

/// Throws FileError that names `file` when the header of `archive` takes more than 100,000,000
/// bytes, as safetensors has it, when the words are not UTF-8 and when there are more than 1,000
/// arrays.
void require_header(const Archive& archive, const std::string& file);

/// The archive in a regular file. Nothing in it is trusted: lengths are compared with the file's
/// before anything is allocated, and a file that is cut, goes on, has a flipped bit, a key twice,
/// arrays that overlap or leave holes, another format or another version of the random streams is
/// a FileError that says so.
Archive read_archive(const std::string& path);

}  // namespace bochner::io
