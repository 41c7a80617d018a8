// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/core/view.hpp"

namespace bochner {

/// As asked, or one thread for work of so few multiplications (or what takes as long) that threads
/// cost more than they bring: two milliseconds on an idle machine, and no wait for others on a busy
/// one.
inline Execution execution_for(double multiplications, const Execution& execution = {}) {
  constexpr double kWorthThreads = 0x1p22;
  Execution out = execution;
  if (multiplications <= kWorthThreads) out.num_threads = 1;
  return out;
}

}  // namespace bochner
