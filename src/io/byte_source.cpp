// SPDX-License-Identifier: Apache-2.0
#include "io/byte_source.hpp"

#include "bochner/core/error.hpp"
#include "core/assert.hpp"
#include "io/message.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace bochner::io {
namespace {

int open_file(const std::string& path) {
  if (path.empty()) throw FileError("the name of the input file is empty");
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail_system(path, "cannot open", errno);
  return descriptor;
}

}  // namespace

ByteSource::ByteSource(const std::string& path)
    : ByteSource(path == "-" ? "standard input" : path,
                 path == "-" ? STDIN_FILENO : open_file(path)) {
  owned_ = path != "-";
}

ByteSource::ByteSource(std::string name, int descriptor)
    : name_(std::move(name)), owned_(true), descriptor_(descriptor), buffer_(kMostPeeked) {
  struct stat status {};
  const int failed = ::fstat(descriptor_, &status) != 0 ? errno : 0;
  if (failed == 0 && S_ISREG(status.st_mode)) {
    // Whoever gave us the standard input may have read part of it already.
    const off_t begun = ::lseek(descriptor_, 0, SEEK_CUR);
    if (begun == 0) size_ = static_cast<std::uint64_t>(status.st_size);
  }
  if (failed == 0 && !S_ISDIR(status.st_mode)) return;
  if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
  if (failed != 0) fail_system(name_, "cannot examine", failed);
  throw FileError(name_ + ": is a directory, expected a file");
}

ByteSource::~ByteSource() {
  if (owned_) ::close(descriptor_);
}

std::unique_ptr<ByteSource> ByteSource::of_descriptor(const std::string& name, int descriptor) {
  return std::unique_ptr<ByteSource>(new ByteSource(name, descriptor));
}

std::unique_ptr<ByteSource> ByteSource::again() const {
  BOCHNER_ASSERT(size_);
  return duplicate(name_);
}

std::unique_ptr<ByteSource> ByteSource::part(const std::string& name, std::uint64_t offset,
                                             std::uint64_t bytes) const {
  BOCHNER_ASSERT(size_ && offset <= *size_ && bytes <= *size_ - offset);
  auto out = duplicate(name);
  out->begin_ = begin_ + offset;
  out->size_ = bytes;
  out->most_ = bytes;
  return out;
}

std::unique_ptr<ByteSource> ByteSource::duplicate(const std::string& name) const {
  const int copy = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) fail_system(name_, "cannot open", errno);
  auto out = of_descriptor(name, copy);
  out->begin_ = begin_;
  out->most_ = most_;
  if (most_ != kAny) out->size_ = most_;
  return out;
}

std::size_t ByteSource::read_some(std::span<std::byte> out) {
  for (;;) {
    // By place where there are places: the descriptor's own is shared with others.
    const std::size_t wanted = std::min<std::uint64_t>(out.size(), most_ - fetched_);
    const ssize_t got =
        size_ ? ::pread(descriptor_, out.data(), wanted, static_cast<off_t>(begin_ + fetched_))
              : ::read(descriptor_, out.data(), wanted);
    if (got >= 0) {
      fetched_ += static_cast<std::uint64_t>(got);
      hash_.add(out.first(static_cast<std::size_t>(got)));
      return static_cast<std::size_t>(got);
    }
    if (errno != EINTR) fail_system(name_, "cannot read", errno);
  }
}

std::span<const std::byte> ByteSource::peek(std::size_t least) {
  if (last_ - first_ < least) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(first_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(last_), buffer_.begin());
    last_ -= first_;
    first_ = 0;
    while (last_ < least) {
      const std::size_t got = read_some(std::span(buffer_).subspan(last_));
      if (got == 0) break;
      last_ += got;
    }
  }
  return std::span<const std::byte>(buffer_).subspan(first_, last_ - first_);
}

void ByteSource::skip(std::size_t count) {
  first_ += count;
  position_ += count;
}

std::size_t ByteSource::read(std::span<std::byte> out) {
  const std::size_t held = std::min(out.size(), last_ - first_);
  std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(first_), held, out.begin());
  first_ += held;
  std::size_t done = held;
  while (done < out.size()) {
    const std::size_t got = read_some(out.subspan(done));
    if (got == 0) break;
    done += got;
  }
  position_ += done;
  return done;
}

void ByteSource::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t got =
        ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(begin_ + offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_system(name_, "cannot read", errno);
    if (got == 0) throw FileError(name_ + ": became shorter while it was read");
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

std::string ByteSource::digest() {
  for (std::size_t held = peek().size(); held != 0; held = peek().size()) skip(held);
  return hash_.hex();
}

}  // namespace bochner::io
