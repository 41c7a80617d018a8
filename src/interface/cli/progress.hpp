// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace bochner::cli {

/// One line on the standard error that says how far a long job is: on a terminal, only after half a
/// second, at most ten times a second, and gone at the end. Elsewhere a job that turns out to take
/// more than a minute says so (see `announce`).
class ProgressLine {
 public:
  /// `total` is the work of the whole job, in any unit.
  /// `unit`: what work is counted in, for "120000 rows/s"; empty: not said.
  ProgressLine(std::string what, double total, std::string unit = "");
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();

  /// Work that was done before this process began.
  void begin_at(double work) { begun_ = done_ = work; }
  void advance(double work);

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  double total_;
  std::string unit_;
  double begun_ = 0.0;
  double done_ = 0.0;
  bool terminal_;
  Clock::time_point start_;
  Clock::time_point last_;
};

/// The line "what [####    ]  50 %, 12 s left" after `seconds`, with a rate if there is one to
/// show.
std::string progress_line(const std::string& what, double fraction, double seconds,
                          const std::string& rate = "");

/// Says before a job of more than a minute how long it will take, on the standard error whether
/// that is a terminal or not: "bochner: WHAT will take about 3 hours; HINT". The next job is news
/// where it takes more than twice the longest time that was said before.
void announce(const std::string& what, double seconds, const std::string& hint = "");

/// "90 seconds", "3 hours", "5 days".
std::string long_duration(double seconds);

/// Removes the line if there is one; a signal handler may call it.
void clear_progress() noexcept;

}  // namespace bochner::cli
