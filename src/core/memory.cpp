// SPDX-License-Identifier: Apache-2.0
#include "core/memory.hpp"

#include "bochner/core/error.hpp"
#include "core/numbers.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace bochner {
namespace {

void lower(MemoryLimit& limit, double bytes, const char* who) {
  if (bytes < limit.bytes) limit = {bytes, who};
}

/// The number in a file, where there is a file and a number ("max" is none).
void lower_by_file(MemoryLimit& limit, const std::string& path) {
  std::ifstream in(path);
  double bytes = 0.0;
  if (in >> bytes) lower(limit, bytes, "this process's control group has");
}

/// The limits of the group at `group` under `mount` and of those around it. In a container the path
/// may be that of the machine outside, of which the mount shows the end: the walk ends at the
/// mount.
void lower_by_groups(MemoryLimit& limit, const std::string& mount, std::string group,
                     const char* file) {
  // A std::filesystem::path that runs out of memory may free twice what it held.
  for (;; group.resize(group.rfind('/'))) {
    while (!group.empty() && group.back() == '/') group.pop_back();
    lower_by_file(limit, mount + group + "/" + file);
    if (group.find('/') == std::string::npos) return;
  }
}

}  // namespace

MemoryLimit memory_limit(const std::string& root) {
  MemoryLimit limit{
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE)),
      "this machine has"};
  // Lines "number:controllers:path"; of version 2 "0::path".
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (controllers == ",,") {
      lower_by_groups(limit, root + "/sys/fs/cgroup", path, "memory.max");
    } else if (controllers.find(",memory,") != std::string::npos) {
      lower_by_groups(limit, root + "/sys/fs/cgroup/memory", path, "memory.limit_in_bytes");
    }
  }
  struct rlimit space {};
  if (::getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) {
    lower(limit, static_cast<double>(space.rlim_cur), "ulimit -v allows");
  }
  return limit;
}

void require_memory(const std::string& what, double bytes, const std::string& hint) {
  constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
  const MemoryLimit limit = memory_limit();
  if (bytes <= limit.bytes) return;
  throw FileError(what + ": needs " + significant(bytes / kGib, 3) + " GiB of memory, " +
                  limit.who + " " + significant(limit.bytes / kGib, 3) +
                  (hint.empty() ? "" : "; " + hint));
}

}  // namespace bochner
