// SPDX-License-Identifier: Apache-2.0
#include "io/nameless_file.hpp"

#include "io/message.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

namespace bochner::io {
namespace {

constexpr std::uint64_t kFreeBytes = std::uint64_t{1} << 26;

}  // namespace

int open_nameless(const std::string& folder) {
  std::string path = folder + "/.bochner-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor >= 0) ::unlink(path.c_str());
  return descriptor;
}

NamelessFile::NamelessFile(std::string input) : input_(std::move(input)) {
  std::error_code error;
  directory_ = std::filesystem::temp_directory_path(error).string();
  if (error) fail_system(input_, "no folder for a copy of it (TMPDIR)", error.value());
  descriptor_ = open_nameless(directory_);
  if (descriptor_ < 0) fail_system(input_, "cannot copy it to " + directory_ + " (TMPDIR)", errno);
}

NamelessFile::~NamelessFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void NamelessFile::fail_room(int number) const {
  fail_system(input_,
              "is read more than once, and a copy does not fit into " + directory_ +
                  " (TMPDIR names another folder)",
              number);
}

void NamelessFile::write(std::span<const std::byte> bytes) {
  struct statvfs room {};
  if (::fstatvfs(descriptor_, &room) == 0 &&
      static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize < kFreeBytes + bytes.size()) {
    fail_room(ENOSPC);
  }
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail_room(errno);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

std::unique_ptr<ByteSource> NamelessFile::release() {
  if (::lseek(descriptor_, 0, SEEK_SET) != 0) fail_room(errno);
  return ByteSource::of_descriptor(input_, std::exchange(descriptor_, -1));
}

}  // namespace bochner::io
