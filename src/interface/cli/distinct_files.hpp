// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

/// \file
/// What is read is not written over.

namespace bochner::cli {

/// A file, "-" for a standard stream, and the option that named it; an empty path is none.
struct NamedFile {
  std::string option;
  std::string path;
};

/// The files `names` of a report's directory; none where its path is empty.
std::vector<NamedFile> report_files(const std::string& directory,
                                    const std::vector<std::string>& names);

/// Throws UsageError when a file to be written is one that is read, or is written twice. Files are
/// told apart by device and inode, so that links and other spellings of a name do not matter. For a
/// command to call before anything long starts.
void require_distinct_files(const std::vector<NamedFile>& read,
                            const std::vector<NamedFile>& written);

}  // namespace bochner::cli
