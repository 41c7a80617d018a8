// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bochner::io {

/// Where `path` leads with its symbolic links followed, also one that leads to nothing yet. Throws
/// FileError naming `path` where that cannot be found out.
std::string resolve_output(const std::string& path);

/// Flushes the folder that holds `path` to the disk, so that a rename in it lasts. Throws FileError
/// naming `name`. A folder that may not be read, or a file system that cannot do this, is ignored.
void flush_folder_of(const std::string& path, const std::string& name);

}  // namespace bochner::io
