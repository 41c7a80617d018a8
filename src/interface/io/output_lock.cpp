// SPDX-License-Identifier: Apache-2.0
#include "interface/io/output_lock.hpp"

#include "bochner/core/error.hpp"
#include "interface/io/message.hpp"
#include "interface/io/output_file.hpp"
#include "interface/io/output_path.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <functional>

namespace bochner::io {
namespace {

/// So that the name is no longer than a file system takes when the output's own just is.
constexpr std::size_t kNamePart = 200;

bool is_lockable(const std::string& path) {
  if (path.empty() || path == "-") return false;
  struct stat status {};
  return ::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode);
}

std::string lock_beside(const std::string& target) {
  const std::filesystem::path path = target;
  std::string name = path.filename().string();
  if (name.size() > kNamePart) {
    name = name.substr(0, kNamePart) + "." + std::to_string(std::hash<std::string>{}(name));
  }
  return (path.parent_path() / (name + ".lock")).string();
}

int open_lock(const std::string& lock) {
  const int descriptor = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  // One that another user's killed process left can still be locked, though not written.
  if (descriptor >= 0 || errno != EACCES) return descriptor;
  const int found = ::open(lock.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
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

std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t got = ::pread(descriptor, text.data(), text.size(), 0);
  std::string number;
  for (ssize_t i = 0; i < got && text[static_cast<std::size_t>(i)] >= '0' &&
                      text[static_cast<std::size_t>(i)] <= '9';
       ++i) {
    number += text[static_cast<std::size_t>(i)];
  }
  return number.empty() ? "another process" : "process " + number;
}

}  // namespace

OutputLock::OutputLock(const std::string& path) {
  if (!is_lockable(path)) return;
  const std::string target = resolve_output(path);
  const bool folder = std::filesystem::is_directory(target);
  lock_ = lock_beside(target);
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
      const std::string who = holder(descriptor);
      ::close(descriptor);
      throw FileError(path + ": " + who + " is writing it, as its lock " + lock_ +
                      " says; expected another output");
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
  ::unlink(lock_.c_str());
  ::close(descriptor_);
}

}  // namespace bochner::io
