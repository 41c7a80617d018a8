// SPDX-License-Identifier: Apache-2.0
#include "io/file_identity.hpp"

#include "io/npz.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace bochner::io {

std::optional<FileIdentity> identity_of(const std::string& name, FileUse use) {
  if (name.empty()) return std::nullopt;
  const std::string path = use == FileUse::read ? source_file(name) : name;
  struct stat status {};
  if (path == "-") {
    const int descriptor = use == FileUse::read ? STDIN_FILENO : STDOUT_FILENO;
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    return FileIdentity{status.st_dev, status.st_ino, {}};
  }
  if (::stat(path.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) return std::nullopt;
    return FileIdentity{status.st_dev, status.st_ino, {}};
  }
  std::error_code error;
  const std::string place = std::filesystem::weakly_canonical(path, error).string();
  if (error) return std::nullopt;
  return FileIdentity{0, 0, place};
}

}  // namespace bochner::io
