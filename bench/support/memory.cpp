// SPDX-License-Identifier: Apache-2.0
#include "bench/support/memory.hpp"

#include <malloc.h>

#include <fstream>
#include <limits>
#include <string>

namespace bochner::bench {
namespace {

/// A line of /proc/self/status, in MiB.
double status_mib(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, name.size() + 1, name + ":") == 0) {
      return std::stod(line.substr(name.size() + 1)) / 1024.0;
    }
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double peak_mib(const std::function<void()>& work) {
  // What was freed and kept would be used again, unseen.
  malloc_trim(0);
  std::ofstream reset("/proc/self/clear_refs");
  reset << "5" << std::flush;
  const double before = status_mib("VmRSS");
  work();
  return reset ? status_mib("VmHWM") - before : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace bochner::bench
