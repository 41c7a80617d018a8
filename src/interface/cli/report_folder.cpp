// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/report_folder.hpp"

#include "interface/cli/signals.hpp"

#include <utility>

namespace bochner::cli {

std::optional<io::OutputFolder> open_report(const std::string& directory) {
  if (directory.empty()) return std::nullopt;
  return std::optional<io::OutputFolder>(std::in_place, directory);
}

void commit_report(io::OutputFolder& report) {
  const DeferredSignals deferred;
  report.commit();
}

}  // namespace bochner::cli
