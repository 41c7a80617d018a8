// SPDX-License-Identifier: Apache-2.0
#include "bench/support/report.hpp"

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace bochner::bench {
namespace {

std::string text_of(Bar bar) {
  char text[64];
  if (std::isinf(bar.high)) {
    std::snprintf(text, sizeof text, ">=%g", bar.low);
  } else if (std::isinf(bar.low)) {
    std::snprintf(text, sizeof text, "<=%g", bar.high);
  } else {
    std::snprintf(text, sizeof text, "%g..%g", bar.low, bar.high);
  }
  return text;
}

}  // namespace

Report::Report(int argc, char** argv) {
  for (int a = 1; a < argc; ++a) {
    if (std::string_view(argv[a]) == "--quick") {
      quick_ = true;
    } else {
      arguments_.emplace_back(argv[a]);
    }
  }
}

long Report::option(std::string_view name, long fallback) const {
  for (std::size_t a = 0; a + 1 < arguments_.size(); ++a) {
    if (arguments_[a] == name) return std::strtol(arguments_[a + 1].c_str(), nullptr, 10);
  }
  return fallback;
}

void Report::line(std::string_view name, double value, Bar bar, std::string_view remark) {
  const bool holds = value >= bar.low && value <= bar.high;
  std::printf("%.*s %.4g %s %s%s%.*s\n", static_cast<int>(name.size()), name.data(), value,
              text_of(bar).c_str(), holds ? "holds" : "short", remark.empty() ? "" : " ",
              static_cast<int>(remark.size()), remark.data());
  std::fflush(stdout);
}

Timing Report::speed_ratio(std::string_view name, Bar bar, const Work& ours, const Work& peer,
                           Clock clock) {
  const TimingOptions options{.clock = clock, .pairs = choose(9, 3), .sample = choose(0.1, 0.02)};
  const Timing timing = alternate(peer.call, ours.call, options);
  note("%.*s: ours %.4g ms, peer %.4g ms a call", static_cast<int>(name.size()), name.data(),
       1e3 * timing.second, 1e3 * timing.first);
  line(name, timing.ratio * ours.amount / peer.amount, bar,
       timing.pairs < 9 ? std::to_string(timing.pairs) + " pairs" : "");
  return timing;
}

void Report::note(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  std::fputs("# ", stdout);
  std::vprintf(format, arguments);
  std::fputc('\n', stdout);
  va_end(arguments);
  std::fflush(stdout);
}

}  // namespace bochner::bench
