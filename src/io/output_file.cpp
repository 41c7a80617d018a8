// SPDX-License-Identifier: Apache-2.0
#include "io/output_file.hpp"

#include "bochner/core/error.hpp"
#include "io/message.hpp"
#include "io/output_path.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

namespace bochner::io {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 18;
constexpr int kAttempts = 100;
/// So that the temporary name is no longer than a file system takes when the name itself just is.
constexpr std::size_t kNamePart = 200;

}  // namespace

int write_fully(int descriptor, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

OutputFile::OutputFile(const std::string& path)
    : name_(path == "-" ? "standard output" : path), target_(path) {
  if (path.empty()) throw FileError("the name of the output file is empty");
  if (path == "-") {
    descriptor_ = STDOUT_FILENO;
    terminal_ = ::isatty(STDOUT_FILENO) == 1;
    return;
  }
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) fail_system(name_, "cannot create", errno);
  if (exists && S_ISDIR(status.st_mode)) {
    throw FileError(name_ + ": is a directory, expected a file");
  }
  if (exists && !S_ISREG(status.st_mode)) {
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail_system(name_, "cannot open for writing", errno);
    terminal_ = ::isatty(descriptor_) == 1;
    return;
  }
  target_ = resolve_output(path);
  if (exists && ::access(target_.c_str(), W_OK) != 0) fail_system(name_, "cannot write", errno);
  // Never readable to more than the file will be.
  const mode_t mode = exists ? status.st_mode & 07777 : mode_t{0666};
  open_beside(target_, mode);
  if (exists && ::fchmod(descriptor_, mode) != 0) {
    const int number = errno;
    close_quietly();
    fail_system(name_, "cannot set permissions", number);
  }
}

void OutputFile::open_beside(const std::string& target, mode_t mode) {
  const std::size_t name = target.rfind('/') + 1;
  const std::string stem = target.substr(0, std::min(target.size(), name + kNamePart));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    temporary_ = stem + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(attempt);
    guard_ = std::make_unique<Temporary>(temporary_);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor_ >= 0) return;
    const int number = errno;
    guard_.reset();
    if (number != EEXIST) fail_system(name_, "cannot create", number);
  }
  throw FileError(name_ + ": cannot create a temporary file beside it");
}

void OutputFile::close_quietly() noexcept {
  if (descriptor_ >= 0 && descriptor_ != STDOUT_FILENO) ::close(descriptor_);
  descriptor_ = -1;
  if (guard_) ::unlink(temporary_.c_str());
  guard_.reset();
}

OutputFile::~OutputFile() { close_quietly(); }

void OutputFile::write(std::string_view bytes) {
  if (terminal_) {
    buffer_ += printable_lines(bytes);
  } else {
    buffer_ += bytes;
  }
  if (buffer_.size() < kBufferBytes) return;
  const int error = write_fully(descriptor_, buffer_);
  if (error != 0) fail_system(name_, "cannot write", error);
  buffer_.clear();
}

void OutputFile::flush() {
  const int error = write_fully(descriptor_, buffer_);
  if (error != 0) fail_system(name_, "cannot write", error);
  buffer_.clear();
  // What is written in place may be a device that knows no fsync.
  if (guard_ && ::fsync(descriptor_) != 0) fail_system(name_, "cannot flush to the disk", errno);
}

void OutputFile::commit() {
  flush();
  if (!guard_) {
    const bool ours = descriptor_ != STDOUT_FILENO;
    const int descriptor = std::exchange(descriptor_, -1);
    if (ours && ::close(descriptor) != 0) fail_system(name_, "cannot close", errno);
    return;
  }
  if (::close(std::exchange(descriptor_, -1)) != 0) fail_system(name_, "cannot close", errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
    fail_system(name_, "cannot rename the temporary file", errno);
  }
  guard_.reset();
  flush_folder_of(target_, name_);
}

}  // namespace bochner::io
