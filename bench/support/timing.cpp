// SPDX-License-Identifier: Apache-2.0
#include "bench/support/timing.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <utility>
#include <vector>

namespace bochner::bench {
namespace {

/// Seconds of one call, over `calls` calls.
double sample(const std::function<void()>& work, int calls, Clock clock) {
  const double start = seconds_now(clock);
  for (int i = 0; i < calls; ++i) work();
  return (seconds_now(clock) - start) / calls;
}

/// Calls that last as long as a sample should.
int calls_of(const std::function<void()>& work, const TimingOptions& options) {
  if (options.sample == 0.0) return 1;
  work();
  const double one = std::max(sample(work, 1, options.clock), 1e-9);
  return static_cast<int>(std::clamp(std::ceil(options.sample / one), 1.0, 1e7));
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

}  // namespace

double seconds_now(Clock clock) {
  timespec now{};
  clock_gettime(clock == Clock::wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Timing alternate(const std::function<void()>& first, const std::function<void()>& second,
                 const TimingOptions& options) {
  const double start = seconds_now(Clock::wall);
  const int first_calls = calls_of(first, options);
  const int second_calls = calls_of(second, options);
  std::vector<double> firsts;
  std::vector<double> seconds;
  std::vector<double> ratios;
  while (static_cast<int>(ratios.size()) < options.pairs &&
         (ratios.empty() || seconds_now(Clock::wall) - start < options.budget)) {
    std::pair<double, double> pair;
    if (ratios.size() % 2 == 0) pair.first = sample(first, first_calls, options.clock);
    pair.second = sample(second, second_calls, options.clock);
    if (ratios.size() % 2 == 1) pair.first = sample(first, first_calls, options.clock);
    firsts.push_back(pair.first);
    seconds.push_back(pair.second);
    ratios.push_back(pair.first / pair.second);
  }
  return {median(ratios), median(firsts), median(seconds), static_cast<int>(ratios.size())};
}

}  // namespace bochner::bench
