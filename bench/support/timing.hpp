// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

/// \file
/// Two pieces of work timed in turn, in one process, so that whatever else the machine does hurts
/// both.

namespace bochner::bench {

/// What a sample counts: time on the wall, or the processor time of the calling thread (for work
/// of one thread: other processes then do not count).
enum class Clock { wall, thread };

double seconds_now(Clock clock);

struct TimingOptions {
  Clock clock = Clock::wall;
  int pairs = 9;
  double budget = 60.0;  ///< seconds after which no further pair begins
  double sample = 0.1;   ///< seconds that a sample lasts at least: work is repeated. 0: for long
                         ///< work, one call a sample, and none before the first
};

struct Timing {
  double ratio = 0.0;   ///< median over pairs of the first's time / the second's
  double first = 0.0;   ///< median seconds of one call
  double second = 0.0;  ///< median seconds of one call
  int pairs = 0;        ///< at least one; fewer than asked for when the budget ran out
};

/// Times first and second in turn, and every other pair in the opposite order, after calls of each
/// that do not count.
Timing alternate(const std::function<void()>& first, const std::function<void()>& second,
                 const TimingOptions& options = {});

}  // namespace bochner::bench
