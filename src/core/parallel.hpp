// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/core/view.hpp"

#include <functional>

/// \file
/// The library's one parallel loop.

namespace bochner {

/// Threads that `parallel_for_blocks` would use for `num_blocks` blocks: at least 1, never more
/// than there are blocks or than the system lets the process start; 1 inside an active parallel
/// region and in the child of a process that forked while it had more than one thread. The first
/// call that asks for more threads than any before it checks that they can be started.
int worker_count(Index num_blocks, const Execution& execution) noexcept;

/// Calls `body(block, worker)` once for each block in [0, num_blocks), in any order, on
/// `worker_count` threads; `worker` in [0, worker_count) says which scratch space is free to use.
/// Blocks must write disjoint outputs, so that results do not depend on the thread count. The
/// exception of the lowest block that threw is rethrown after all workers have stopped; once one
/// has thrown, blocks not yet begun are skipped. `execution.poll` is called before each block of
/// the calling thread, and what it throws counts as thrown by the block.
void parallel_for_blocks(Index num_blocks, const Execution& execution,
                         const std::function<void(Index block, int worker)>& body);

}  // namespace bochner
