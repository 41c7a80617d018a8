// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/block_means.hpp"
#include "client/attention/problem.hpp"

#include <vector>

/// \file
/// Which blocks of keys the blocks of queries of one head weigh exactly.

namespace bochner::attention_internals {

/// Blocks of keys, ascending.
struct BlockChoice {
  std::vector<Index> exact;  ///< weighed exactly, those among them that only some queries see
  std::vector<Index> rest;   ///< all others that the queries see
};

/// One head of a sequence in blocks.
struct HeadBlocks {
  const AttentionSequence& sequence;
  const AttentionOptions& options;
  const BlocksOfRows& queries;       ///< of the queries of the sequence
  const BlocksOfRows& keys;          ///< of its live keys
  const BlockMeans& means;           ///< of these blocks
  const std::vector<Index>& always;  ///< positions of keys that every query weighs exactly
};

/// By block of queries; `x` are their rows A(q - c).
std::vector<BlockChoice> choose_blocks(const HeadBlocks& head, const MatrixView<const double>& x,
                                       const Execution& execution);

}  // namespace bochner::attention_internals
