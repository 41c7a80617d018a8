// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/progress.hpp"

#include "core/numbers.hpp"
#include "io/message.hpp"
#include "io/output_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <string_view>
#include <utility>

namespace bochner::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 500ms;
constexpr auto kInterval = 100ms;
/// Time from which the rest can be told where nobody watches.
constexpr auto kSample = 5s;
constexpr double kWidth = 30.0;

std::atomic<bool> shown{false};
/// Seconds of the longest job that was announced.
std::atomic<double> announced{0.0};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler reads it");

}  // namespace

ProgressLine::ProgressLine(std::string what, double total, std::string unit)
    : what_(std::move(what)),
      total_(total),
      unit_(std::move(unit)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      last_(start_) {}

ProgressLine::~ProgressLine() { clear_progress(); }

void ProgressLine::advance(double work) {
  done_ += work;
  // What has done nothing yet has no speed.
  if (!(done_ > begun_)) return;
  const Clock::time_point now = Clock::now();
  if (!terminal_) {
    const double seconds = std::chrono::duration<double>(now - start_).count();
    if (now - start_ >= kSample) announce(what_, seconds * (total_ - begun_) / (done_ - begun_));
    return;
  }
  if (now - start_ < kPatience || now - last_ < kInterval) return;
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  shown = true;
  const double rate = (done_ - begun_) / seconds;
  io::write_fully(
      STDERR_FILENO,
      "\r" +
          progress_line(what_, done_ / total_, done_ / rate,
                        unit_.empty() ? "" : significant(rate, 3) + " " + unit_ + "/s") +
          "\x1b[K");
}

std::string progress_line(const std::string& what, double fraction, double seconds,
                          const std::string& rate) {
  fraction = std::clamp(fraction, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(kWidth * fraction);
  const double left = fraction > 0.0 ? seconds * (1.0 - fraction) / fraction : 0.0;
  return what + " [" + std::string(filled, '#') +
         std::string(static_cast<std::size_t>(kWidth) - filled, ' ') + "] " +
         std::to_string(static_cast<int>(100.0 * fraction)) + " %, " +
         (rate.empty() ? "" : rate + ", ") + std::to_string(static_cast<long>(std::ceil(left))) +
         " s left";
}

std::string long_duration(double seconds) {
  constexpr std::array<std::pair<double, const char*>, 5> kUnits = {{{31557600.0, " years"},
                                                                     {86400.0, " days"},
                                                                     {3600.0, " hours"},
                                                                     {60.0, " minutes"},
                                                                     {1.0, " seconds"}}};
  for (const auto& [unit, name] : kUnits) {
    if (seconds >= 2.0 * unit) return significant(std::round(seconds / unit), 2) + name;
  }
  return "a second";
}

void announce(const std::string& what, double seconds, const std::string& hint) {
  constexpr double kWorthSaying = 60.0;
  constexpr double kNews = 2.0;
  double before = announced;
  do {
    if (!(seconds >= kWorthSaying && seconds > kNews * before)) return;
  } while (!announced.compare_exchange_weak(before, seconds));
  io::write_line(STDERR_FILENO, {"bochner: ", what, " will take about ", long_duration(seconds),
                                 hint.empty() ? "" : "; ", hint});
}

void clear_progress() noexcept {
  if (shown.exchange(false)) io::write_fully(STDERR_FILENO, std::string_view("\r\x1b[K"));
}

}  // namespace bochner::cli
