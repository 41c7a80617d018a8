// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "bochner/random/stream.hpp"

#include <vector>

namespace bochner {

/// 0, ..., n - 1 in random order: that of the first n words of `stream`.
std::vector<Index> random_permutation(const Stream& stream, Index n);

}  // namespace bochner
