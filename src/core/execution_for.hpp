// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"

namespace bochner {

/// `execution`, or one thread for work of so few multiplications (or what takes as long) that
/// threads cost more than they save: about two milliseconds on an idle machine. On a busy one, a
/// single thread does not wait for others.
inline Execution execution_for(double multiplications, const Execution& execution = {}) {
  constexpr double kWorthThreads = 0x1p22;
  Execution out = execution;
  if (multiplications <= kWorthThreads) out.num_threads = 1;
  return out;
}

}  // namespace bochner
