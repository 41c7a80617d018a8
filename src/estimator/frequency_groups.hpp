// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <vector>

/// \file
/// Frequencies that were drawn independently of others.

namespace bochner::estimator {

/// Consecutive frequencies.
struct FrequencyGroup {
  Index first;
  Index count;
};

inline constexpr Index kMostGroups = 64;

/// The independent blocks of m frequencies, the last one perhaps truncated; in groups of equal
/// size when there are more than `kMostGroups`.
std::vector<FrequencyGroup> frequency_groups(Index num_frequencies, Index block_size);

/// Every block, however many there are.
std::vector<FrequencyGroup> frequency_blocks(Index num_frequencies, Index block_size);

}  // namespace bochner::estimator
