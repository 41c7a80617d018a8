// SPDX-License-Identifier: Apache-2.0
#include "io/mapped_scratch.hpp"

#include "io/message.hpp"
#include "io/nameless_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace bochner::io {

MappedScratch::MappedScratch(const std::string& beside, std::size_t bytes)
    : bytes_(std::max<std::size_t>(bytes, 1)) {
  const std::filesystem::path parent = std::filesystem::path(beside).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  const int descriptor = open_nameless(folder);
  int error = descriptor < 0 ? errno : 0;
  if (error == 0) {
    // Room is taken now: a disk that fills under a mapping kills the process.
    error = ::posix_fallocate(descriptor, 0, static_cast<off_t>(bytes_));
  }
  if (error == 0) {
    data_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (data_ == MAP_FAILED) error = errno;
  }
  if (descriptor >= 0) ::close(descriptor);
  if (error != 0) {
    fail_system(folder, "cannot hold " + std::to_string(bytes_) + " bytes for the time of the fit",
                error);
  }
}

MappedScratch::~MappedScratch() { ::munmap(data_, bytes_); }

}  // namespace bochner::io
