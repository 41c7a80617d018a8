// SPDX-License-Identifier: Apache-2.0
#include "core/parallel.hpp"

#include <omp.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <iterator>
#include <limits>
#include <mutex>
#include <system_error>

namespace bochner {
namespace {

// libgomp's team does not survive fork(): a parallel region in the child waits for ever for threads
// that exist in the parent only, whoever started them. A child of a process that had more than one
// thread at the fork therefore works alone; a child of a single-threaded one is free.
std::atomic<bool> orphaned{false};
std::atomic<bool> forking_with_threads{false};

void before_fork() noexcept {
  std::error_code error;
  const auto tasks = std::filesystem::directory_iterator("/proc/self/task", error);
  const bool many = error || std::distance(begin(tasks), end(tasks)) > 1;
  forking_with_threads.store(many, std::memory_order_relaxed);
}

void in_child() noexcept {
  orphaned.store(forking_with_threads.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

[[maybe_unused]] const int watching_forks = pthread_atfork(before_fork, nullptr, in_child);

}  // namespace

int worker_count(Index num_blocks, const Execution& execution) noexcept {
  if (num_blocks <= 1 || omp_in_parallel() != 0 || orphaned.load(std::memory_order_relaxed)) {
    return 1;
  }
  const int wanted = execution.num_threads > 0 ? execution.num_threads : omp_get_max_threads();
  const int limit = std::min(wanted, omp_get_thread_limit());
  return static_cast<int>(std::clamp<Index>(num_blocks, 1, std::max(limit, 1)));
}

void parallel_for_blocks(Index num_blocks, const Execution& execution,
                         const std::function<void(Index, int)>& body) {
  const int workers = worker_count(num_blocks, execution);
  if (workers == 1) {
    for (Index block = 0; block < num_blocks; ++block) body(block, 0);
    return;
  }
  std::atomic<bool> stop{false};
  std::mutex first_error_mutex;
  std::exception_ptr first_error;
  Index first_error_block = std::numeric_limits<Index>::max();
#pragma omp parallel for schedule(dynamic) num_threads(workers)
  for (Index block = 0; block < num_blocks; ++block) {
    if (stop.load(std::memory_order_relaxed)) continue;
    try {
      body(block, omp_get_thread_num());
    } catch (...) {
      stop.store(true, std::memory_order_relaxed);
      const std::lock_guard lock(first_error_mutex);
      if (block < first_error_block) {
        first_error_block = block;
        first_error = std::current_exception();
      }
    }
  }
  if (first_error) std::rethrow_exception(first_error);
}

}  // namespace bochner
