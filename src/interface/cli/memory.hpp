// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bochner::cli {

/// Throws std::runtime_error "what: needs 64 GiB, this machine has 24 GiB" when `bytes` are more
/// than the machine's memory: the kernel would grant them and kill the process later.
void require_memory(const std::string& what, double bytes);

}  // namespace bochner::cli
