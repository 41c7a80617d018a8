// SPDX-License-Identifier: Apache-2.0
#include "interface/io/rereadable.hpp"

#include "bochner/core/error.hpp"
#include "interface/io/message.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace bochner::io {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
constexpr std::uint64_t kFreeBytes = std::uint64_t{1} << 26;

/// A descriptor that is closed, and with it the file gone, unless it is released.
class NamelessFile {
 public:
  explicit NamelessFile(const std::string& input) : input_(input) {
    std::error_code error;
    directory_ = std::filesystem::temp_directory_path(error).string();
    if (error) fail("there is no such folder for a copy of it (TMPDIR)", error.value());
    std::string path = directory_ + "/bochner-XXXXXX";
    descriptor_ = ::mkostemp(path.data(), O_CLOEXEC);
    if (descriptor_ < 0) fail("cannot be copied to " + directory_ + " (TMPDIR)", errno);
    ::unlink(path.c_str());
  }
  NamelessFile(const NamelessFile&) = delete;
  NamelessFile& operator=(const NamelessFile&) = delete;
  ~NamelessFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  void write(std::span<const std::byte> bytes) {
    struct statvfs room {};
    if (::fstatvfs(descriptor_, &room) == 0 &&
        static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize < kFreeBytes + bytes.size()) {
      no_room(ENOSPC);
    }
    while (!bytes.empty()) {
      const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) no_room(errno);
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
  }

  /// Hands the descriptor over, at its first byte.
  int release() {
    if (::lseek(descriptor_, 0, SEEK_SET) != 0) no_room(errno);
    return std::exchange(descriptor_, -1);
  }

 private:
  [[noreturn]] void fail(const std::string& what, int number) const {
    fail_system(input_, what, number);
  }
  [[noreturn]] void no_room(int number) const {
    fail("is read more than once, and its copy does not fit into " + directory_ +
             " (TMPDIR names another folder)",
         number);
  }

  const std::string& input_;
  std::string directory_;
  int descriptor_ = -1;
};

}  // namespace

std::unique_ptr<ByteSource> open_rereadable(const std::string& path) {
  return rereadable(std::make_unique<ByteSource>(path));
}

std::unique_ptr<ByteSource> rereadable(std::unique_ptr<ByteSource> source) {
  if (source->size()) return source;
  NamelessFile copy(source->name());
  std::vector<std::byte> chunk(kChunkBytes);
  for (std::size_t got = chunk.size(); got == chunk.size();) {
    got = source->read(chunk);
    copy.write(std::span(chunk).first(got));
  }
  return std::unique_ptr<ByteSource>(new ByteSource(source->name(), copy.release()));
}

}  // namespace bochner::io
