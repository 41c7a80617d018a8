// SPDX-License-Identifier: Apache-2.0
#include "client/attention/key_tiles.hpp"

#include "client/attention/exact.hpp"

#include <algorithm>

namespace bochner::attention_internals {

std::vector<KeyTiles> separate_tiles(const AttentionProblem& problem) {
  std::vector<KeyTiles> out;
  for (std::size_t s = 0; s < problem.sequences.size(); ++s) {
    const AttentionSequence& sequence = problem.sequences[s];
    for (Index h = 0; h < problem.key_heads; ++h) {
      if (!is_about(problem, sequence, h)) continue;
      for (Index k = 0; k < sequence.num_keys; k += kExactKeys) {
        const Index count = std::min(kExactKeys, sequence.num_keys - k);
        out.push_back({{static_cast<Index>(s), h, k, count}});
      }
    }
  }
  return out;
}

std::vector<KeyTiles> shared_tiles(const AttentionProblem& problem) {
  std::vector<KeyTiles> out;
  for (std::size_t s = 0; s < problem.sequences.size(); ++s) {
    const AttentionSequence& sequence = problem.sequences[s];
    const Index key_head = sequence.first_head / problem.heads_per_key_head;
    for (Index k = 0; k < sequence.num_keys;) {
      const Index run = sequence.position(k) / kExactKeys;  // of so many positions
      const Index end = std::min(sequence.keys_before((run + 1) * kExactKeys), sequence.num_keys);
      if (run >= static_cast<Index>(out.size())) out.resize(static_cast<std::size_t>(run + 1));
      out[static_cast<std::size_t>(run)].push_back({static_cast<Index>(s), key_head, k, end - k});
      k = end;
    }
  }
  return out;
}

}  // namespace bochner::attention_internals
