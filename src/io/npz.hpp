// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/byte_source.hpp"

#include <memory>
#include <string>
#include <string_view>

/// \file
/// Archives of arrays as numpy.savez and numpy.savez_compressed write them: zip files [APPNOTE], of
/// which only members that are stored or deflated are read.

namespace bochner::io {

inline constexpr std::string_view kZipMagic = "PK\x03\x04";

/// One array of the archive as a source of its own, called `file.npz:name`; the only one where
/// `name` is empty. It is looked at once as a whole (its CRC-32), and copied to a temporary file
/// (`rereadable`) if it is compressed. Throws FileError that names the arrays for a name that is
/// none of them, and for an archive that is damaged or encrypted.
std::unique_ptr<ByteSource> open_npz_member(std::unique_ptr<ByteSource> archive,
                                            const std::string& name);

/// The file that `open_source` reads: that of `path` or, where there is none and `path` has the
/// form `file.npz:name`, `file.npz`.
std::string source_file(const std::string& path);

/// The file of that path or, where there is none and it has the form `file.npz:name`, that array.
std::unique_ptr<ByteSource> open_source(const std::string& path);

}  // namespace bochner::io
