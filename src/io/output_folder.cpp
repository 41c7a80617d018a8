// SPDX-License-Identifier: Apache-2.0
#include "io/output_folder.hpp"

#include "bochner/core/error.hpp"
#include "io/folder_swap.hpp"
#include "io/message.hpp"
#include "io/output_file.hpp"
#include "io/output_path.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>

namespace bochner::io {
namespace {

constexpr int kFolderAttempts = 100;

/// Permissions of the file that is there.
std::optional<mode_t> permissions(const std::string& path) noexcept {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return status.st_mode & 07777;
}

/// Writes a new file, flushed to the disk; returns 0 or the error's number.
int write_new(const std::string& path, std::optional<mode_t> mode,
              std::string_view contents) noexcept {
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode.value_or(0666));
  if (descriptor < 0) return errno;
  int error = io::write_fully(descriptor, contents);
  if (error == 0 && mode && ::fchmod(descriptor, *mode) != 0) error = errno;
  if (error == 0 && ::fsync(descriptor) != 0) error = errno;
  if (::close(descriptor) != 0 && error == 0) error = errno;
  return error;
}

}  // namespace

OutputFolder::OutputFolder(const std::string& path) : path_(path) {
  if (path.empty()) throw FileError("the name of the report's directory is empty");
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    if (!S_ISDIR(status.st_mode)) throw FileError(path + ": is a file, expected a directory");
    if (::access(path.c_str(), W_OK | X_OK) != 0) io::fail_system(path, "cannot write", errno);
  } else {
    created_ = std::make_unique<io::Temporary>(path);
    if (::mkdir(path.c_str(), 0777) != 0) {
      const int error = errno;
      created_.reset();
      io::fail_system(path, "cannot create the directory", error);
    }
  }
  try {
    lock_ = std::make_unique<io::OutputLock>(path);
    folder_ = std::filesystem::canonical(path).string();
  } catch (...) {
    if (created_) ::rmdir(path.c_str());
    throw;
  }
}

OutputFolder::~OutputFolder() {
  for (const auto& file : files_) ::unlink(file->path.c_str());
  if (fresh_guard_) ::rmdir(fresh_.c_str());
  if (created_) ::rmdir(path_.c_str());
}

void OutputFolder::make_fresh() {
  struct stat folder {};
  if (::stat(folder_.c_str(), &folder) != 0) io::fail_system(path_, "cannot write", errno);
  int error = 0;
  for (int attempt = 0; attempt < kFolderAttempts; ++attempt) {
    const std::string end = ".tmp." + std::to_string(::getpid()) + "." + std::to_string(attempt);
    // Inside it where its parent is on another disk or may not be written.
    for (const std::string& at : {folder_ + end, folder_ + "/" + end}) {
      auto guard = std::make_unique<io::Temporary>(at);
      if (::mkdir(at.c_str(), 0777) != 0) {
        error = errno;
        continue;
      }
      struct stat fresh {};
      if (::stat(at.c_str(), &fresh) != 0 || fresh.st_dev != folder.st_dev) {
        error = EXDEV;
        ::rmdir(at.c_str());
        continue;
      }
      fresh_ = at;
      fresh_guard_ = std::move(guard);
      return;
    }
    if (error != EEXIST) break;
  }
  io::fail_system(path_, "cannot create a temporary folder beside it", error);
}

void OutputFolder::add(const std::string& name, std::string_view contents) {
  if (!fresh_guard_) make_fresh();
  names_.push_back(name);
  files_.push_back(std::make_unique<File>(fresh_ + "/" + name));
  const std::string target = folder_ + "/" + name;
  const int error = write_new(files_.back()->path, permissions(target), contents);
  if (error != 0) io::fail_system(path_ + "/" + name, "cannot write", error);
}

void OutputFolder::commit() {
  if (!files_.empty()) {
    io::flush_folder_of(files_.front()->path, path_);
    if (!swap_folders(fresh_, folder_, names_)) move_files(fresh_, folder_, names_);
  }
  files_.clear();
  fresh_guard_.reset();
  created_.reset();
}

}  // namespace bochner::io
