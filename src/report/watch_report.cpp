// SPDX-License-Identifier: Apache-2.0
#include "report/watch_report.hpp"

#include "core/numbers.hpp"
#include "io/message.hpp"

#include <nlohmann/json.hpp>

namespace bochner::report {
namespace {

constexpr int kWatchDigits = 3;

}  // namespace

std::string watch_head(const std::string& file, const std::string& layout,
                       const pipeline::WatchRequest& request) {
  return "# bochner watch: " + io::printable(file) + ", " + io::printable(layout) +
         "\n# units by the first " + std::to_string(request.learned) +
         " rows; false alarm rate at most " + shortest(request.detector.false_alarm_rate) +
         " between changes\n";
}

std::string watch_text(const Change& change) {
  return "row " + std::to_string(change.found + 1) + ": the law changed at row " +
         std::to_string(change.position + 1) + " or so (distance " +
         significant(change.distance, kWatchDigits) + ", threshold " +
         significant(change.threshold, kWatchDigits) + ")\n";
}

std::string watch_json(const Change& change) {
  const nlohmann::ordered_json out = {{"found", change.found + 1},
                                      {"position", change.position + 1},
                                      {"distance", change.distance},
                                      {"threshold", change.threshold}};
  return out.dump() + "\n";
}

}  // namespace bochner::report
