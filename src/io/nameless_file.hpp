// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/byte_source.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace bochner::io {

/// Creates a file in `folder` and unlinks it at once, so that nothing is left of it whatever
/// happens: it goes with the last descriptor or mapping of it. Returns the descriptor, or -1 with
/// `errno`.
int open_nameless(const std::string& folder);

/// A temporary file without a name, where TMPDIR says, else in /tmp, for the bytes of an input
/// that has to be read more than once: it goes with the last source that reads it, whatever
/// happens. Failures are FileErrors that name the input and the folder.
class NamelessFile {
 public:
  /// `input` is what the bytes are called in messages.
  explicit NamelessFile(std::string input);
  NamelessFile(const NamelessFile&) = delete;
  NamelessFile& operator=(const NamelessFile&) = delete;
  ~NamelessFile();

  /// Leaves 64 MiB of the file system free, or throws.
  void write(std::span<const std::byte> bytes);
  /// All that was written, from its first byte; nothing can be written after.
  std::unique_ptr<ByteSource> release();

 private:
  [[noreturn]] void fail_room(int number) const;

  std::string input_;
  std::string directory_;
  int descriptor_ = -1;
};

}  // namespace bochner::io
