// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

/// \file
/// How work runs, as opposed to what is computed (that is the spec's business).

namespace bochner {

/// How to run. Results never depend on it: the same bits come for any number of threads.
struct Execution {
  /// Threads to use; 0 leaves the choice to OpenMP (`OMP_NUM_THREADS`). Inside an active parallel
  /// region, and in the child of a process that forked while it had threads, work is serial
  /// whatever is asked.
  int num_threads = 0;
  /// Called between blocks of work on the thread that made the call (within a parallel region of
  /// the caller's, only on its thread 0). What it throws ends the call, whose outputs are then
  /// undefined; objects are as they were. It should be cheap: a block may take microseconds.
  std::function<void()> poll{};
};

}  // namespace bochner
