// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/temporaries.hpp"

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>

namespace bochner::io {

/// A file that appears whole or not at all: bytes go to a temporary file in the same directory,
/// which `commit` flushes to the disk and renames. Whatever goes wrong before that, the old file
/// stays. A symbolic link is followed, also one that leads to nothing yet. A device or pipe, which
/// cannot be replaced, is written in place; "-" is the standard output. A terminal gets printable
/// lines (see `printable_lines`). Every failure is a FileError that names the file.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  /// Removes what was not committed.
  ~OutputFile();

  /// What to call it in messages.
  const std::string& name() const noexcept { return name_; }
  void write(std::string_view bytes);
  /// Writes out and flushes to the disk what is left: after it, only the rename can fail.
  void flush();
  /// Makes the file appear under its name.
  void commit();

 private:
  void open_beside(const std::string& target, mode_t mode);
  void close_quietly() noexcept;

  std::string name_;       ///< in messages
  std::string target_;     ///< with symbolic links resolved
  std::string temporary_;  ///< empty when written in place
  std::unique_ptr<Temporary> guard_;
  int descriptor_ = -1;
  bool terminal_ = false;
  std::string buffer_;
};

/// Writes all of `bytes` to an open file, whatever interrupts; returns 0 or the error's number.
int write_fully(int descriptor, std::string_view bytes) noexcept;

}  // namespace bochner::io
