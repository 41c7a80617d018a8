// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bochner::cli {

/// One printable line on the standard error about what goes on all the same: "bochner fit: warning:
/// what".
void warn(const std::string& command, const std::string& what);

}  // namespace bochner::cli
