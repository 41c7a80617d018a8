// SPDX-License-Identifier: Apache-2.0
#include "estimator/frequency_groups.hpp"

#include <algorithm>

namespace bochner::estimator {

std::vector<FrequencyGroup> frequency_groups(Index num_frequencies, Index block_size) {
  const Index blocks = (num_frequencies + block_size - 1) / block_size;
  return frequency_blocks(num_frequencies, block_size * ((blocks + kMostGroups - 1) / kMostGroups));
}

std::vector<FrequencyGroup> frequency_blocks(Index num_frequencies, Index block_size) {
  std::vector<FrequencyGroup> groups;
  for (Index first = 0; first < num_frequencies; first += block_size) {
    groups.push_back({first, std::min(block_size, num_frequencies - first)});
  }
  return groups;
}

}  // namespace bochner::estimator
