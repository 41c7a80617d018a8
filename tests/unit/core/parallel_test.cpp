// SPDX-License-Identifier: Apache-2.0
#include "core/parallel.hpp"

#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using bochner::Execution;
using bochner::Index;
using bochner::parallel_for_blocks;
using bochner::worker_count;

TEST_CASE("every block runs once, whatever the number of threads", "[parallel]") {
  for (const int threads : {0, 1, 2, 3, 7, 64}) {
    for (const Index blocks : {Index{0}, Index{1}, Index{2}, Index{5}, Index{1000}}) {
      std::vector<std::atomic<int>> seen(static_cast<std::size_t>(blocks));
      const Execution execution{threads};
      const int workers = worker_count(blocks, execution);
      parallel_for_blocks(blocks, execution, [&](Index block, int worker) {
        if (worker < 0 || worker >= workers) throw std::logic_error("worker out of range");
        ++seen[static_cast<std::size_t>(block)];
      });
      for (const auto& count : seen) CHECK(count == 1);
    }
  }
}

TEST_CASE("a loop inside a loop is serial", "[parallel]") {
  std::atomic<int> widest{0};
  parallel_for_blocks(4, Execution{2}, [&](Index, int) {
    const int inner = worker_count(100, Execution{2});
    int seen = widest.load();
    while (inner > seen && !widest.compare_exchange_weak(seen, inner)) {
    }
  });
  CHECK(widest == 1);
}

TEST_CASE("an exception reaches the caller", "[parallel]") {
  for (const int threads : {1, 4}) {
    CHECK_THROWS_WITH(parallel_for_blocks(50, Execution{threads},
                                          [](Index block, int) {
                                            if (block == 0) throw std::runtime_error("block 0");
                                          }),
                      "block 0");
  }
}

TEST_CASE("the caller's thread is asked between blocks, and may end the loop", "[parallel]") {
  struct Stop {};
  for (const int threads : {1, 4}) {
    const std::thread::id caller = std::this_thread::get_id();
    std::atomic<int> strangers{0};
    std::atomic<Index> ran{0};
    std::atomic<bool> over{false};
    int asked = 0;
    const Execution execution{.num_threads = threads, .poll = [&] {
                                if (std::this_thread::get_id() != caller) ++strangers;
                                if (++asked < 3) return;
                                over = true;
                                throw Stop{};
                              }};
    CHECK_THROWS_AS(parallel_for_blocks(100'000, execution,
                                        [&](Index, int) {
                                          ++ran;
                                          // The others must not finish the loop alone.
                                          while (std::this_thread::get_id() != caller && !over) {
                                            std::this_thread::yield();
                                          }
                                          // Inside, nobody but the caller's own thread asks.
                                          parallel_for_blocks(1, execution, [](Index, int) {});
                                        }),
                    Stop);
    CHECK(asked == 3);
    CHECK(strangers == 0);
    CHECK(ran < 100'000);
  }
}

TEST_CASE("a child forked from a threaded parent finishes its work", "[parallel][fork]") {
  std::atomic<Index> sum{0};
  parallel_for_blocks(16, Execution{4}, [&](Index block, int) { sum += block; });
  REQUIRE(sum == 120);

  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::atomic<Index> mine{0};
    parallel_for_blocks(16, Execution{4}, [&](Index block, int) { mine += block; });
    _exit(mine == 120 && worker_count(16, Execution{4}) == 1 ? 0 : 1);
  }
  int status = 0;
  pid_t done = 0;
  for (int tick = 0; tick < 2000 && done == 0; ++tick) {
    done = waitpid(child, &status, WNOHANG);
    if (done == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  if (done == 0) {
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    FAIL("the child hung");
  }
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
