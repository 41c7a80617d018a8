// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/output_folder.hpp"

#include <optional>
#include <string>

/// \file
/// The directory of --report.

namespace bochner::cli {

/// Nothing where no directory was named. Throws FileError, before anything long starts.
std::optional<io::OutputFolder> open_report(const std::string& directory);

/// Its files appear, whatever signal comes meanwhile.
void commit_report(io::OutputFolder& report);

}  // namespace bochner::cli
