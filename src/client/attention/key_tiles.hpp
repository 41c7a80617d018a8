// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/problem.hpp"

#include <vector>

/// \file
/// Keys in tiles, for sums over the queries that see them.

namespace bochner::attention_internals {

/// Live keys first .. first + count - 1 of one key head of a sequence.
struct KeyTile {
  Index sequence;  ///< its number in the problem
  Index key_head;
  Index first;
  Index count;
};

/// Tiles of at most kExactKeys keys each that no other list has in common with this one, in the
/// order in which sums are added: one worker does them all.
using KeyTiles = std::vector<KeyTile>;

/// All keys of sequences that have none in common.
std::vector<KeyTiles> separate_tiles(const AttentionProblem& problem);

/// All keys of sequences of one head that may have keys in common: they have one `first_key`.
std::vector<KeyTiles> shared_tiles(const AttentionProblem& problem);

/// Calls body(query head) for those of a sequence that read a key head.
template <class Body>
void for_each_head_about(const AttentionProblem& problem, const AttentionSequence& sequence,
                         Index key_head, const Body& body) {
  for (Index h = 0; h < problem.heads_per_key_head; ++h) {
    const Index head = key_head * problem.heads_per_key_head + h;
    if (head < sequence.first_head || head >= sequence.first_head + sequence.num_heads) continue;
    body(head);
  }
}

}  // namespace bochner::attention_internals
