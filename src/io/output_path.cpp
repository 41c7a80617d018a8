// SPDX-License-Identifier: Apache-2.0
#include "io/output_path.hpp"

#include "io/message.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace bochner::io {
namespace {

/// As many as the kernel follows.
constexpr int kMostLinks = 40;

}  // namespace

std::string resolve_output(const std::string& path) {
  std::error_code error;
  std::filesystem::path at = path;
  for (int links = 0; std::filesystem::is_symlink(at, error) && links < kMostLinks; ++links) {
    const std::filesystem::path target = std::filesystem::read_symlink(at, error);
    if (error) fail_system(path, "cannot resolve", error.value());
    at = at.parent_path() / target;
  }
  if (std::filesystem::exists(at, error)) at = std::filesystem::canonical(at, error);
  if (error && error != std::errc::no_such_file_or_directory) {
    fail_system(path, "cannot resolve", error.value());
  }
  return at.string();
}

void flush_folder_of(const std::string& path, const std::string& name) {
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == EACCES) return;
    fail_system(name, "cannot open the folder to flush it to the disk", errno);
  }
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (error != 0 && error != EINVAL && error != ENOTSUP) {
    fail_system(name, "cannot flush the folder to the disk", error);
  }
}

}  // namespace bochner::io
