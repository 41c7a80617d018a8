// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

/// \file
/// Puts all of some files into a folder, or none. `fresh` is a folder of them on the same file
/// system, `names` are theirs; other files in `folder` stay. In the end `fresh` is gone.

namespace bochner::io {

/// Exchanges the two folders in one step: whoever looks, and whenever the process dies, there are
/// all files or none. Returns false, and nothing is changed, where that cannot be done: the file
/// system cannot, or `folder` is the current one, another user's, a mount point, or holds folders
/// or very many other files. Throws FileError when the files are there but not all of what they
/// replace could be removed.
bool swap_folders(const std::string& fresh, const std::string& folder,
                  std::span<const std::string> names);

/// Moves the files one by one, and back again when one cannot be. Throws FileError then.
void move_files(const std::string& fresh, const std::string& folder,
                std::span<const std::string> names);

}  // namespace bochner::io
