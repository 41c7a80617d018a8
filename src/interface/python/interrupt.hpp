// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"

#include <nanobind/nanobind.h>

#include <chrono>
#include <memory>
#include <optional>

/// \file
/// Long calls that Ctrl-C ends.

namespace bochner::python {

namespace nb = nanobind;

/// Runs Python's signal handlers now and then; what one raises (KeyboardInterrupt) is thrown. To be
/// called without the interpreter's lock, which it takes at most every 50 ms: a call shorter than
/// that never waits for it.
class SignalPoll {
 public:
  void operator()() const {
    using namespace std::chrono_literals;
    constexpr auto kPause = 50ms;
    const Clock::time_point now = Clock::now();
    if (now - *last_ < kPause) return;
    const nb::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    *last_ = Clock::now();
  }

 private:
  using Clock = std::chrono::steady_clock;
  /// Shared by copies, of which a call makes many.
  std::shared_ptr<Clock::time_point> last_ = std::make_shared<Clock::time_point>(Clock::now());
};

/// How a call runs that can take long. Objects that the call changes must not be left half changed
/// by what it throws.
inline Execution interruptible(std::optional<int> num_threads) {
  return {num_threads.value_or(0), SignalPoll{}};
}

}  // namespace bochner::python
