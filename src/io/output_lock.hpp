// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/temporaries.hpp"

#include <memory>
#include <string>

namespace bochner::io {

/// Keeps a second process from writing the same file or folder, for as long as it lives: an
/// advisory lock (flock) on NAME.lock beside it, which holds the number of the process and is
/// removed at the end. What a killed process left is no obstacle, for its lock died with it; any
/// other file of that name is refused and stays as it is. The standard output, devices and pipes
/// are not locked.
class OutputLock {
 public:
  /// `path` as the output is named; symbolic links are followed. Throws FileError when another
  /// process holds the lock, naming it, when NAME.lock is not a lock, or when no file can be made
  /// beside `path`.
  explicit OutputLock(const std::string& path);
  OutputLock(const OutputLock&) = delete;
  OutputLock& operator=(const OutputLock&) = delete;
  ~OutputLock();

 private:
  std::string lock_;
  std::unique_ptr<Temporary> guard_;
  int descriptor_ = -1;
};

}  // namespace bochner::io
