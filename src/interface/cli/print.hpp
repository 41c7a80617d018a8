// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace bochner::cli {

/// Writes a report, text or JSON, to the standard output as printable lines (see
/// `io::printable_lines`): names in it come from files. Throws FileError.
void print(std::string_view report);

}  // namespace bochner::cli
