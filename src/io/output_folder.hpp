// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/output_lock.hpp"
#include "io/temporaries.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bochner::io {

/// A directory whose files appear together: all are written to a folder beside it and flushed to
/// the disk, and then the two folders change places, in one step. Other files that were there stay.
/// Abandoned, it leaves what was there before. Where a folder cannot be exchanged (a mount point,
/// the current folder, another user's, one with folders in it) the files are moved one by one, and
/// back when one cannot be; only there can a kill leave some of them new and some old. One process
/// at a time may write it.
class OutputFolder {
 public:
  /// Makes the directory unless it is there. Throws FileError when neither is possible, and when
  /// another process is writing a report into it.
  explicit OutputFolder(const std::string& path);
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  ~OutputFolder();

  void add(const std::string& name, std::string_view contents);
  void commit();

 private:
  struct File {
    std::string path;
    io::Temporary guard;
    explicit File(const std::string& at) : path(at), guard(at) {}
  };

  void make_fresh();

  std::string path_;    ///< in messages
  std::string folder_;  ///< with symbolic links resolved
  std::unique_ptr<io::Temporary> created_;
  std::unique_ptr<io::OutputLock> lock_;
  std::string fresh_;  ///< empty: not made yet
  std::unique_ptr<io::Temporary> fresh_guard_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<File>> files_;
};

}  // namespace bochner::io
