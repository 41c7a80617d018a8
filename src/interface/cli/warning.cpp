// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/warning.hpp"

#include "interface/cli/progress.hpp"
#include "io/message.hpp"

#include <unistd.h>

namespace bochner::cli {

void warn(const std::string& command, const std::string& what) {
  clear_progress();
  io::write_line(STDERR_FILENO, {"bochner ", command, ": warning: ", what});
}

}  // namespace bochner::cli
