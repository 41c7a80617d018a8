// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// \file
/// What a killed process must not leave behind. A signal handler can only reach the process's own
/// memory, so this is the one list of it.

namespace bochner::io {

/// Puts a file or an empty directory on the list for as long as it lives.
class Temporary {
 public:
  /// Call before the thing is created. Throws FileError when the path or the list is too long.
  explicit Temporary(const std::string& path);
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() { keep(); }
  /// Takes it off the list.
  void keep() noexcept;

 private:
  int slot_ = -1;
};

/// Removes everything on the list: unlink and rmdir only, so a signal handler may call it.
void remove_temporaries() noexcept;

}  // namespace bochner::io
