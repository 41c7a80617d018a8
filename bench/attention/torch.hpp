// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <optional>
#include <string>

namespace bochner::bench {

/// PyTorch's version, or nothing where it is not installed.
std::optional<std::string> torch_version();

/// Median seconds of one call of `what` ("exact", "exact_causal" or "favor") with 64-dimensional
/// heads in PyTorch, on one thread, without gradients.
double torch_seconds(const std::string& what, Index heads, Index length, Index num_frequencies);

}  // namespace bochner::bench
