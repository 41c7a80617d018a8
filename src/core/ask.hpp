// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"

/// \file
/// Whether to go on, asked within a block of work.

namespace bochner {

/// Asks `execution.poll`, for a block that takes long: on the calling thread; on others, and where
/// there is nothing to ask, does nothing. May throw, also within `parallel_for_blocks`.
void ask(const Execution& execution);

}  // namespace bochner
