// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/support/timing.hpp"

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// What a bench program prints: `name value bar verdict` for each bar, everything else behind `#`.

namespace bochner::bench {

/// What a value is held against, ends included.
struct Bar {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

constexpr Bar at_least(double bound) { return {.low = bound}; }
constexpr Bar at_most(double bound) { return {.high = bound}; }
constexpr Bar between(double low, double high) { return {low, high}; }

/// A piece of work, and how much of it there is: ratios compare time for the same amount.
struct Work {
  std::function<void()> call;
  double amount = 1.0;  ///< in any unit that both sides share (calls, outputs, flops)
};

class Report {
 public:
  /// Takes `--quick` from the command line; what else is there is for the program (`option`).
  Report(int argc, char** argv);

  /// Shorter: `full` where everything is measured, `quick` where a first look is enough.
  bool quick() const { return quick_; }
  template <class T>
  T choose(T full, T quick) const {
    return quick_ ? quick : full;
  }

  /// The value after `name` on the command line, or `fallback`.
  long option(std::string_view name, long fallback) const;
  /// What was on the command line, `--quick` taken out.
  const std::vector<std::string>& arguments() const { return arguments_; }

  /// The line `name value bar verdict`; `remark` goes behind it.
  void line(std::string_view name, double value, Bar bar, std::string_view remark = "");

  /// The line whose value is speed of `ours` / speed of `peer` (amount of work a second), by nine
  /// alternating pairs or as many as fit in a minute; and a note with both times.
  Timing speed_ratio(std::string_view name, Bar bar, const Work& ours, const Work& peer,
                     Clock clock = Clock::wall);

  /// A line behind `#`, as printf has it. Lines that begin with `|` become tables in the document.
  [[gnu::format(printf, 2, 3)]] void note(const char* format, ...);

 private:
  bool quick_ = false;
  std::vector<std::string> arguments_;
};

}  // namespace bochner::bench
