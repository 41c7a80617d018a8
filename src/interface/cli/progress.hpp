// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace bochner::cli {

/// One line on the standard error that says how far a long job is: only on a terminal, only after
/// half a second, at most ten times a second, and gone at the end.
class Progress {
 public:
  /// `total` is the work of the whole job, in any unit.
  Progress(std::string what, double total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void advance(double work);

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  double total_;
  double done_ = 0.0;
  bool terminal_;
  Clock::time_point start_;
  Clock::time_point last_;
};

/// The line "what [####    ]  50 %, 12 s left" after `seconds`.
std::string progress_line(const std::string& what, double fraction, double seconds);

/// Removes the line if there is one; a signal handler may call it.
void clear_progress() noexcept;

}  // namespace bochner::cli
