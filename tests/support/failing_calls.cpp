// SPDX-License-Identifier: Apache-2.0
//
// To be preloaded: a system that fails. Calls that write, create, rename, link, remove, flush and
// close are counted; BOCHNER_CALL=n, BOCHNER_CALL_ENDS=fail or die: what happens at the nth.
// BOCHNER_CALLS: a file for their number. BOCHNER_WITHOUT=renameat2 or link: as a file system that
// does not know it.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<long> calls{0};

const char* variable(const char* name) {
  const char* const text = std::getenv(name);
  return text == nullptr ? "" : text;
}

bool fails() {
  static const long at = std::atol(variable("BOCHNER_CALL"));
  static const bool dies = std::strcmp(variable("BOCHNER_CALL_ENDS"), "die") == 0;
  if (++calls != at) return false;
  if (dies) ::_exit(99);
  errno = EIO;
  return true;
}

bool lacks(const char* call) { return std::strcmp(variable("BOCHNER_WITHOUT"), call) == 0; }

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

struct Count {
  ~Count() {
    const char* const path = std::getenv("BOCHNER_CALLS");
    if (path == nullptr) return;
    std::FILE* const file = std::fopen(path, "w");
    std::fprintf(file, "%ld", calls.load());
    std::fclose(file);
  }
} const reporting;

}  // namespace

#define BOCHNER_PUBLIC extern "C" __attribute__((visibility("default")))

BOCHNER_PUBLIC ssize_t write(int descriptor, const void* bytes, size_t size) {
  if (descriptor > STDERR_FILENO && fails()) return -1;
  return real<ssize_t(int, const void*, size_t)>("write")(descriptor, bytes, size);
}
BOCHNER_PUBLIC int fsync(int descriptor) {
  return fails() ? -1 : real<int(int)>("fsync")(descriptor);
}
BOCHNER_PUBLIC int close(int descriptor) {
  const bool refused = descriptor > STDERR_FILENO && fails();
  const int done = real<int(int)>("close")(descriptor);
  if (refused) errno = EIO;
  return refused ? -1 : done;
}
BOCHNER_PUBLIC int rename(const char* from, const char* to) noexcept {
  return fails() ? -1 : real<int(const char*, const char*)>("rename")(from, to);
}
BOCHNER_PUBLIC int renameat2(int old_folder, const char* from, int new_folder, const char* to,
                             unsigned flags) noexcept {
  if (lacks("renameat2")) {
    errno = EINVAL;
    return -1;
  }
  return fails() ? -1
                 : real<int(int, const char*, int, const char*, unsigned)>("renameat2")(
                       old_folder, from, new_folder, to, flags);
}
BOCHNER_PUBLIC int link(const char* from, const char* to) noexcept {
  if (lacks("link")) {
    errno = EPERM;
    return -1;
  }
  return fails() ? -1 : real<int(const char*, const char*)>("link")(from, to);
}
BOCHNER_PUBLIC int linkat(int old_folder, const char* from, int new_folder, const char* to,
                          int flags) noexcept {
  if (lacks("link")) {
    errno = EPERM;
    return -1;
  }
  return fails() ? -1
                 : real<int(int, const char*, int, const char*, int)>("linkat")(
                       old_folder, from, new_folder, to, flags);
}
BOCHNER_PUBLIC int unlink(const char* path) noexcept {
  return fails() ? -1 : real<int(const char*)>("unlink")(path);
}
BOCHNER_PUBLIC int rmdir(const char* path) noexcept {
  return fails() ? -1 : real<int(const char*)>("rmdir")(path);
}
BOCHNER_PUBLIC int mkdir(const char* path, mode_t mode) noexcept {
  return fails() ? -1 : real<int(const char*, mode_t)>("mkdir")(path, mode);
}
BOCHNER_PUBLIC int fchmod(int descriptor, mode_t mode) noexcept {
  return fails() ? -1 : real<int(int, mode_t)>("fchmod")(descriptor, mode);
}
BOCHNER_PUBLIC int chmod(const char* path, mode_t mode) noexcept {
  return fails() ? -1 : real<int(const char*, mode_t)>("chmod")(path, mode);
}
BOCHNER_PUBLIC int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  if ((flags & O_CREAT) != 0 && fails()) return -1;
  return real<int(const char*, int, ...)>("open")(path, flags, mode);
}
