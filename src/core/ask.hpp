// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"

/// \file
/// Whether to go on, asked within a block of work.

namespace bochner {

/// Calls `execution.poll`, for a block that takes long: on the thread that made the call; on
/// others, and where there is nothing to call, does nothing. May throw, also within
/// `parallel_for_blocks`.
void ask(const Execution& execution);

}  // namespace bochner
