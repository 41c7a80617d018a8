// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/memory.hpp"

#include "interface/cli/numbers.hpp"

#include <unistd.h>

#include <stdexcept>

namespace bochner::cli {

void require_memory(const std::string& what, double bytes) {
  constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
  const double held =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  if (bytes <= held) return;
  throw std::runtime_error(what + ": needs " + significant(bytes / kGib, 3) +
                           " GiB of memory, this machine has " + significant(held / kGib, 3));
}

}  // namespace bochner::cli
