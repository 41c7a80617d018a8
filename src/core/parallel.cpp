// SPDX-License-Identifier: Apache-2.0
#include "core/parallel.hpp"

#include "core/ask.hpp"

#include <dirent.h>
#include <omp.h>
#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <limits>
#include <mutex>
#include <string_view>

namespace bochner {
namespace {

// libgomp's team does not survive fork(): a parallel region in the child waits for ever for threads
// that exist in the parent only, whoever started them. A child of a process that had more than one
// thread at the fork therefore works alone; a child of a single-threaded one is free.
std::atomic<bool> orphaned{false};
std::atomic<bool> forking_with_threads{false};

/// Threads of the process, 0 where the system does not say.
int count_tasks() noexcept {
  int tasks = 0;
  if (DIR* const folder = ::opendir("/proc/self/task")) {
    while (const dirent* const entry = ::readdir(folder)) tasks += entry->d_name[0] == '.' ? 0 : 1;
    ::closedir(folder);
  }
  return tasks;
}

void before_fork() noexcept {
  forking_with_threads.store(count_tasks() != 1, std::memory_order_relaxed);
}

void in_child() noexcept {
  orphaned.store(forking_with_threads.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

[[maybe_unused]] const int watching_forks = pthread_atfork(before_fork, nullptr, in_child);

// Where OpenMP cannot start a thread it ends the process, and with it whoever called the library.
// So threads are tried before it is asked for more of them than ever before: each starts the next
// and waits for it, so that all are there at once, and nothing is allocated.
struct Chain {
  const pthread_attr_t* attributes;
  int left;
  int started;
};

void* start_others(void* argument) {
  Chain& chain = *static_cast<Chain*>(argument);
  pthread_t next{};
  if (chain.left-- > 0 && pthread_create(&next, chain.attributes, start_others, &chain) == 0) {
    ++chain.started;
    pthread_join(next, nullptr);
  }
  return nullptr;
}

/// What OpenMP reads from OMP_STACKSIZE, 1024 bytes unless it names another unit; 0: the system's
/// choice, also where it is no size.
std::size_t stack_bytes() noexcept {
  const char* const text = std::getenv("OMP_STACKSIZE");
  if (text == nullptr) return 0;
  char* end = nullptr;
  errno = 0;
  const unsigned long long number = std::strtoull(text, &end, 10);
  if (errno != 0 || end == text) return 0;
  const auto skip_blanks = [&] {
    while (std::isspace(static_cast<unsigned char>(*end)) != 0) ++end;
  };
  skip_blanks();
  constexpr std::string_view kUnits = "bkmg";
  std::size_t unit = 1;
  if (*end != '\0') {
    unit = kUnits.find(static_cast<char>(std::tolower(static_cast<unsigned char>(*end++))));
    skip_blanks();
  }
  if (unit == std::string_view::npos || *end != '\0') return 0;
  const std::size_t shift = 10 * unit;
  return number > std::numeric_limits<std::size_t>::max() >> shift
             ? 0
             : static_cast<std::size_t>(number) << shift;
}

/// A thread with less has no room for the library's frames, and OpenMP would start it all the same.
constexpr std::size_t kLeastStack = std::size_t{256} << 10;

/// A thread that was joined counts against the limit until the system has buried it.
void wait_for_burial(int tasks) noexcept {
  constexpr int kPatience = 2000;
  const timespec nap{0, 50'000};
  for (int tried = 0; count_tasks() > tasks && tried < kPatience; ++tried) {
    ::nanosleep(&nap, nullptr);
  }
}

int startable_threads(int wanted) noexcept {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return 0;
  const std::size_t stack = stack_bytes();
  Chain chain{&attributes, wanted, 0};
  const bool enough = stack == 0 || stack >= kLeastStack;
  if (enough && (stack == 0 || pthread_attr_setstacksize(&attributes, stack) == 0)) {
    const int tasks = count_tasks();
    start_others(&chain);
    wait_for_burial(tasks);
  }
  pthread_attr_destroy(&attributes);
  return chain.started;
}

/// What is known of the threads that this thread's own team can have, itself among them: OpenMP
/// keeps a team for each thread that calls it.
struct Team {
  int proven = 1;
  bool refused = false;
};
thread_local Team team;

/// `wanted`, or 1 from the moment on that so many were refused. Fewer would not do: OpenMP ends and
/// starts threads as the sizes of teams change, and one that has ended counts against the limit for
/// a while. So the count never grows between the making of scratch space and the loop that uses it.
int obtainable(int wanted) noexcept {
  if (wanted > team.proven && !team.refused) {
    const int got = 1 + startable_threads(wanted - 1);
    team.refused = got < wanted;
    team.proven = std::max(got, team.proven);
  }
  return team.refused ? 1 : wanted;
}

}  // namespace

int worker_count(Index num_blocks, const Execution& execution) noexcept {
  if (num_blocks <= 1 || omp_in_parallel() != 0 || orphaned.load(std::memory_order_relaxed)) {
    return 1;
  }
  const int wanted = execution.num_threads > 0 ? execution.num_threads : omp_get_max_threads();
  const int limit = std::min(wanted, omp_get_thread_limit());
  return obtainable(static_cast<int>(std::clamp<Index>(num_blocks, 1, std::max(limit, 1))));
}

void ask(const Execution& execution) {
  // Inside a region, thread 0 is the one that came from outside.
  if (execution.poll && omp_get_thread_num() == 0) execution.poll();
}

void parallel_for_blocks(Index num_blocks, const Execution& execution,
                         const std::function<void(Index, int)>& body) {
  const int workers = worker_count(num_blocks, execution);
  if (workers == 1) {
    for (Index block = 0; block < num_blocks; ++block) {
      ask(execution);
      body(block, 0);
    }
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
      ask(execution);
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
