// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

/// \file
/// How much memory a piece of work takes at its peak.

namespace bochner::bench {

/// MiB by which the process grows at the most while `work` runs; NaN where the kernel does not let
/// a process reset its own high-water mark.
double peak_mib(const std::function<void()>& work);

}  // namespace bochner::bench
