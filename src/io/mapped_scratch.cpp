// SPDX-License-Identifier: Apache-2.0
#include "io/mapped_scratch.hpp"

#include "io/message.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace bochner::io {

MappedScratch::MappedScratch(const std::string& beside, std::size_t bytes)
    : bytes_(std::max<std::size_t>(bytes, 1)) {
  const std::filesystem::path folder = std::filesystem::path(beside).parent_path();
  std::string name = (folder.empty() ? "." : folder.string()) + "/.bochner-XXXXXX";
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  int error = descriptor < 0 ? errno : 0;
  if (error == 0) {
    ::unlink(name.c_str());
    // Room is taken now: a disk that fills under a mapping kills the process.
    error = ::posix_fallocate(descriptor, 0, static_cast<off_t>(bytes_));
  }
  if (error == 0) {
    data_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (data_ == MAP_FAILED) error = errno;
  }
  if (descriptor >= 0) ::close(descriptor);
  if (error != 0) {
    io::fail_system(
        name, "cannot hold " + std::to_string(bytes_) + " bytes for the time of the fit", error);
  }
}

MappedScratch::~MappedScratch() { ::munmap(data_, bytes_); }

}  // namespace bochner::io
