// SPDX-License-Identifier: Apache-2.0
#include "io/folder_swap.hpp"

#include "io/message.hpp"
#include "io/output_path.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <vector>

namespace bochner::io {
namespace {

/// Other files that are worth a link each.
constexpr std::size_t kMostOthers = 1000;

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

/// The next name in it but "." and "..", or null.
const char* next_name(DIR* folder) noexcept {
  const dirent* entry = nullptr;
  do {
    entry = ::readdir(folder);
  } while (entry != nullptr &&
           (std::string_view(entry->d_name) == "." || std::string_view(entry->d_name) == ".."));
  return entry == nullptr ? nullptr : entry->d_name;
}

bool is_among(std::span<const std::string> names, std::string_view name) noexcept {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_same(const struct stat& a, const struct stat& b) noexcept {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Whether another folder may stand in for it: nobody sits in it, and the other can be like it.
bool is_replaceable(int fresh, int folder) noexcept {
  struct stat status {};
  struct stat here {};
  struct stat other {};
  return ::fstat(folder, &status) == 0 && ::stat(".", &here) == 0 && ::fstat(fresh, &other) == 0 &&
         !is_same(status, here) && status.st_uid == other.st_uid && status.st_gid == other.st_gid &&
         (status.st_mode & S_ISVTX) == 0 && ::fchmod(fresh, status.st_mode & 07777) == 0;
}

/// Links from one folder into another, undone unless they are kept.
class Links {
 public:
  Links(int from, int to) : from_(from), to_(to) {}
  Links(const Links&) = delete;
  Links& operator=(const Links&) = delete;
  ~Links() {
    for (const std::string& name : names_) ::unlinkat(to_, name.c_str(), 0);
  }
  bool add(const char* name) {
    if (names_.size() == kMostOthers) return false;
    names_.emplace_back(name);
    if (::linkat(from_, name, to_, name, 0) == 0) return true;
    names_.pop_back();
    return false;
  }
  void keep() noexcept { names_.clear(); }

 private:
  int from_;
  int to_;
  std::vector<std::string> names_;
};

/// Links what else is in `folder`; false where not all of it can be.
bool link_others(DIR* folder, std::span<const std::string> names, Links& links) {
  while (const char* const name = next_name(folder)) {
    struct stat status {};
    if (::fstatat(::dirfd(folder), name, &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (S_ISDIR(status.st_mode)) return false;
    if (!is_among(names, name) && !links.add(name)) return false;
  }
  return true;
}

/// Empties the folder of what is in `kept` too. What came into it meanwhile moves there. Takes no
/// memory. Returns 0 or the error's number.
int empty(DIR* former, int kept, std::span<const std::string> names) noexcept {
  const int from = ::dirfd(former);
  ::rewinddir(former);
  while (const char* const name = next_name(former)) {
    struct stat old {};
    struct stat here {};
    const bool done =
        is_among(names, name) ||
        (::fstatat(from, name, &old, AT_SYMLINK_NOFOLLOW) == 0 &&
         ::fstatat(kept, name, &here, AT_SYMLINK_NOFOLLOW) == 0 && is_same(old, here));
    if ((done ? ::unlinkat(from, name, 0) : ::renameat(from, name, kept, name)) != 0) return errno;
  }
  return 0;
}

[[noreturn]] void fail_removing(const std::string& fresh, const std::string& folder, int error) {
  io::fail_system(folder, "is written, but what it replaces cannot be removed from " + fresh,
                  error);
}

/// What `move_files` does to one name.
struct Move {
  std::string from;
  std::string to;
  std::string former;  ///< for the file that has the name; empty: none has
};

/// Puts one file in its place and keeps the former one; returns 0, or the error's number when all
/// is as before.
int put(Move& move) noexcept {
  struct stat status {};
  const bool exists = ::lstat(move.to.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return EISDIR;
  // Where the file system has no links the name is nobody's for a moment.
  const bool linked =
      exists && ::linkat(AT_FDCWD, move.to.c_str(), AT_FDCWD, move.former.c_str(), 0) == 0;
  if (exists && !linked && ::rename(move.to.c_str(), move.former.c_str()) != 0) return errno;
  if (!exists) move.former.clear();
  if (::rename(move.from.c_str(), move.to.c_str()) == 0) return 0;
  const int error = errno;
  if (linked) ::unlink(move.former.c_str());
  if (exists && !linked) ::rename(move.former.c_str(), move.to.c_str());
  return error;
}

void take_back(const Move& move) noexcept {
  if (move.former.empty()) {
    ::unlink(move.to.c_str());
  } else {
    ::rename(move.former.c_str(), move.to.c_str());
  }
}

}  // namespace

bool swap_folders(const std::string& fresh, const std::string& folder,
                  std::span<const std::string> names) {
  const Folder ours(::opendir(fresh.c_str()));
  const Folder former(::opendir(folder.c_str()));
  if (!ours || !former) return false;
  const int kept = ::dirfd(ours.get());
  if (!is_replaceable(kept, ::dirfd(former.get()))) return false;
  Links links(::dirfd(former.get()), kept);
  if (!link_others(former.get(), names, links) ||
      ::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) != 0) {
    return false;
  }
  links.keep();
  int error = empty(former.get(), kept, names);
  if (error == 0 && ::rmdir(fresh.c_str()) != 0) error = errno;
  if (error != 0) fail_removing(fresh, folder, error);
  io::flush_folder_of(folder, folder);
  return true;
}

void move_files(const std::string& fresh, const std::string& folder,
                std::span<const std::string> names) {
  std::vector<Move> moves;
  for (const std::string& name : names) {
    moves.push_back({fresh + "/" + name, folder + "/" + name, fresh + "/" + name + ".former"});
  }
  for (std::size_t m = 0; m < moves.size(); ++m) {
    const int error = put(moves[m]);
    if (error == 0) continue;
    while (m-- > 0) take_back(moves[m]);
    io::fail_system(folder, "cannot put the new files in their places", error);
  }
  int error = 0;
  for (const Move& move : moves) {
    if (!move.former.empty() && ::unlink(move.former.c_str()) != 0) error = errno;
  }
  if (::rmdir(fresh.c_str()) != 0 && error == 0) error = errno;
  if (error != 0) fail_removing(fresh, folder, error);
  io::flush_folder_of(folder + "/.", folder);
}

}  // namespace bochner::io
