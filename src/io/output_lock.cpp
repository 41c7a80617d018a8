// SPDX-License-Identifier: Apache-2.0
#include "io/output_lock.hpp"

#include "bochner/core/error.hpp"
#include "io/blocked_signals.hpp"
#include "io/message.hpp"
#include "io/output_file.hpp"
#include "io/output_path.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <optional>

namespace bochner::io {
namespace {

/// So that the name is no longer than a file system takes when the output's own just is.
constexpr std::size_t kLockNamePart = 200;
/// More than the number of a process and a newline ever take.
constexpr std::size_t kMostBytes = 32;

bool is_lockable(const std::string& path) {
  if (path.empty() || path == "-") return false;
  struct stat status {};
  return ::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode);
}

std::string lock_beside(const std::string& target) {
  const std::filesystem::path path = target;
  std::string name = path.filename().string();
  if (name.size() > kLockNamePart) {
    name = name.substr(0, kLockNamePart) + "." + std::to_string(std::hash<std::string>{}(name));
  }
  return (path.parent_path() / (name + ".lock")).string();
}

int open_lock(const std::string& lock) {
  // A pipe of that name is not waited for.
  constexpr int kFlags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  const int descriptor = ::open(lock.c_str(), O_RDWR | O_CREAT | kFlags, 0644);
  // One that another user's killed process left can still be locked, though not written.
  if (descriptor >= 0 || errno != EACCES) return descriptor;
  const int found = ::open(lock.c_str(), O_RDONLY | kFlags);
  if (found < 0) errno = EACCES;
  return found;
}

/// Whether the name still leads to the open file: its former holder may have removed it meanwhile.
bool is_current(int descriptor, const std::string& lock) {
  struct stat open {};
  struct stat named {};
  return ::fstat(descriptor, &open) == 0 && ::stat(lock.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

/// What an open lock holds: the number of its process, or nothing where that died before it wrote
/// it. Nothing at all of a file that is no lock.
std::optional<std::string> holder(int descriptor) {
  struct stat status {};
  std::array<char, kMostBytes> bytes{};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  if (status.st_size > static_cast<off_t>(bytes.size())) return std::nullopt;
  const ssize_t got = ::pread(descriptor, bytes.data(), bytes.size(), 0);
  if (got <= 0) return got == 0 ? std::optional(std::string()) : std::nullopt;
  std::string number(bytes.data(), static_cast<std::size_t>(got) - 1);
  const bool digits = number.find_first_not_of("0123456789") == std::string::npos;
  if (number.empty() || !digits || bytes[number.size()] != '\n') return std::nullopt;
  return number;
}

}  // namespace

OutputLock::OutputLock(const std::string& path) {
  if (!is_lockable(path)) return;
  const std::string target = resolve_output(path);
  const bool folder = std::filesystem::is_directory(target);
  lock_ = lock_beside(target);
  // A lock cannot be on the list of what is removed before it is known to be ours.
  const BlockedSignals blocked;
  while (true) {
    int descriptor = open_lock(lock_);
    if (descriptor < 0 && folder) {
      // A folder may be written in where its parent may not.
      lock_ = target + "/.lock";
      descriptor = open_lock(lock_);
    }
    if (descriptor < 0) fail_system(path, "cannot create", errno);
    int locked = 0;
    do {
      locked = ::flock(descriptor, LOCK_EX | LOCK_NB);
    } while (locked != 0 && errno == EINTR);
    if (locked != 0 && errno == EWOULDBLOCK) {
      const std::string number = holder(descriptor).value_or("");
      ::close(descriptor);
      throw FileError(path + ": " + (number.empty() ? "another process" : "process " + number) +
                      " is writing it, as its lock " + lock_ + " says; expected another output");
    }
    if (!holder(descriptor)) {
      ::close(descriptor);
      throw FileError(path + ": its lock would be " + lock_ +
                      ", which is there and is not a lock; expected another output, or that file "
                      "under another name");
    }
    if (is_current(descriptor, lock_)) {
      descriptor_ = descriptor;
      break;
    }
    ::close(descriptor);
  }
  try {
    guard_ = std::make_unique<Temporary>(lock_);
    // The number is a courtesy: what another user left may be locked and not written.
    if (::ftruncate(descriptor_, 0) == 0) {
      write_fully(descriptor_, std::to_string(::getpid()) + "\n");
    }
  } catch (...) {
    ::unlink(lock_.c_str());
    ::close(descriptor_);
    throw;
  }
}

OutputLock::~OutputLock() {
  if (descriptor_ < 0) return;
  // While it is locked, so that it is ours that goes.
  const BlockedSignals blocked;
  ::unlink(lock_.c_str());
  guard_.reset();
  ::close(descriptor_);
}

}  // namespace bochner::io
