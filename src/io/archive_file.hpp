// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/io/archive.hpp"
#include "io/output_file.hpp"

#include <string>

namespace bochner::io {

/// Writes `archive` as `write_archive` of a path does; the caller commits.
void write_archive(OutputFile& out, const Archive& archive);

/// Throws FileError that names `file` where `write_archive` would.
void require_header(const Archive& archive, const std::string& file);

}  // namespace bochner::io
