// SPDX-License-Identifier: Apache-2.0
//
// To be preloaded: an allocator that refuses. BOCHNER_REFUSE=n refuses the nth request, n+ that and
// all later ones; the number of requests is written to the file BOCHNER_REQUESTS in the end.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>

extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* old, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
}

namespace {

std::atomic<long> requests{0};

bool refused() {
  static const char* const text = std::getenv("BOCHNER_REFUSE");
  static const long at = text == nullptr ? -1 : std::atol(text);
  static const bool ever_after = text != nullptr && text[0] != '\0' && [] {
    const char* end = text;
    while (*end >= '0' && *end <= '9') ++end;
    return *end == '+';
  }();
  const long request = ++requests;
  if (request != at && !(ever_after && request > at)) return false;
  errno = ENOMEM;
  return true;
}

struct Count {
  ~Count() {
    const char* const path = std::getenv("BOCHNER_REQUESTS");
    if (path == nullptr) return;
    const int descriptor = ::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, requests.load());
    if (::write(descriptor, digits, static_cast<std::size_t>(end.ptr - digits)) < 0) ::_exit(99);
    ::close(descriptor);
  }
} const reporting;

}  // namespace

#define BOCHNER_PUBLIC extern "C" __attribute__((visibility("default")))

BOCHNER_PUBLIC void* malloc(std::size_t bytes) {
  return refused() ? nullptr : __libc_malloc(bytes);
}
BOCHNER_PUBLIC void* calloc(std::size_t count, std::size_t bytes) {
  return refused() ? nullptr : __libc_calloc(count, bytes);
}
BOCHNER_PUBLIC void* realloc(void* old, std::size_t bytes) {
  return refused() ? nullptr : __libc_realloc(old, bytes);
}
BOCHNER_PUBLIC void* memalign(std::size_t alignment, std::size_t bytes) {
  return refused() ? nullptr : __libc_memalign(alignment, bytes);
}
BOCHNER_PUBLIC void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  return refused() ? nullptr : __libc_memalign(alignment, bytes);
}
BOCHNER_PUBLIC int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) {
  if (refused()) return ENOMEM;
  *out = __libc_memalign(alignment, bytes);
  return *out == nullptr ? ENOMEM : 0;
}
