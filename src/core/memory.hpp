// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bochner {

/// What bounds the memory of this process.
struct MemoryLimit {
  double bytes = 0.0;
  std::string who;  ///< "this machine has", "this process's control group has", ...
};

/// The least of the machine's memory, the limits of the control groups that hold the process
/// (versions 1 and 2, and those of the groups around them) and its limit of address space. `root`
/// is where /proc and /sys are looked for.
MemoryLimit memory_limit(const std::string& root = "");

/// Throws FileError "what: needs 64 GiB of memory, this machine has 24; hint" when `bytes`
/// are more than `memory_limit()`: the system would grant them and kill the process later.
void require_memory(const std::string& what, double bytes, const std::string& hint = "");

}  // namespace bochner
