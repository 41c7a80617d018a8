// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

/// \file
/// The order in which the tiles of a lower triangle are counted.

namespace bochner::linalg {

/// Row and column of a tile.
struct TilePosition {
  Index row;
  Index column;
};

/// Tiles on and below the diagonal of a grid of n x n.
constexpr Index lower_tiles(Index n) { return n * (n + 1) / 2; }

/// Tile `index`, counted by rows: (0, 0), (1, 0), (1, 1), (2, 0), ...
constexpr TilePosition lower_tile(Index index) {
  Index row = 0;
  while (index > row) index -= ++row;
  return {row, index};
}

}  // namespace bochner::linalg
