// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/parallel.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cstddef>

/// \file
/// The order in which a matrix is walked.

namespace bochner::gram {

/// Columns of the matrix that are worked on at a time.
inline constexpr Index kPanelColumns = 512;

constexpr Index row_blocks(Index rows) { return (rows + simd::kBlockRows - 1) / simd::kBlockRows; }

inline std::size_t workers_for(Index rows, const Execution& execution) {
  return static_cast<std::size_t>(worker_count(row_blocks(rows), execution));
}

/// Panels of columns in order, blocks of rows in parallel: `load(first, count)` prepares a panel,
/// `visit(worker, row, rows, col, cols)` handles a tile.
template <class Load, class Visit>
void for_each_tile(Index rows, Index cols, const Execution& execution, const Load& load,
                   const Visit& visit) {
  const Index blocks = row_blocks(rows);
  if (blocks == 0) return;
  for (Index col = 0; col < cols; col += kPanelColumns) {
    const Index width = std::min(kPanelColumns, cols - col);
    load(col, width);
    parallel_for_blocks(blocks, execution, [&](Index block, int worker) {
      const Index row = block * simd::kBlockRows;
      visit(static_cast<std::size_t>(worker), row, std::min(simd::kBlockRows, rows - row), col,
            width);
    });
  }
}

}  // namespace bochner::gram
