// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/byte_source.hpp"

#include <memory>
#include <string>

namespace bochner::io {

/// `path` as a source that may be read again and again (`ByteSource::again`): a regular file as it
/// is; the standard input ("-"), a pipe or a device is copied, up to its end, to a temporary file
/// without a name, which goes with the last source that reads it. The copy is made where TMPDIR
/// says, else in /tmp, and leaves 64 MiB of that file system free. Throws FileError that names the
/// input, and the folder where there is no room.
std::unique_ptr<ByteSource> open_rereadable(const std::string& path);
/// Likewise, for a source that is open and of which nothing has been consumed.
std::unique_ptr<ByteSource> rereadable(std::unique_ptr<ByteSource> source);

}  // namespace bochner::io
