// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/gram/feature_source.hpp"
#include "client/gram/tile_walk.hpp"
#include "core/door.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

/// \file
/// The features of rows as plain numbers, one row after the other.

namespace bochner::gram {

/// Blocks of rows whose features are held at once.
inline constexpr Index kHeldBlocks = 16;

/// Passes the features of the rows of x to visit(row, numbers), in order, powers of two multiplied
/// in. Throws InvalidArgument, by `door`, for a row that has none.
template <Scalar T, class Visit>
void for_each_feature_row(const Door& door, const FeatureMap<T>& map, MatrixView<const T> x,
                          const Execution& execution, const Visit& visit) {
  const Index features = map.num_features();
  const Index ld = simd::padded<T>(features);
  const Index held = std::min(kHeldBlocks, row_blocks(x.rows));
  Matrix<T> phi(held * simd::kBlockRows, ld);
  std::vector<std::int32_t> exponent(static_cast<std::size_t>(phi.rows()));
  std::vector<feature_map::BlockWorkspace<T>> workspaces(
      workers_for(held * simd::kBlockRows, execution),
      feature_map::BlockWorkspace<T>(map.blocks()));
  std::vector<double> row(static_cast<std::size_t>(features));
  for (Index first = 0; first < x.rows; first += phi.rows()) {
    const Index count = std::min(phi.rows(), x.rows - first);
    parallel_for_blocks(row_blocks(count), execution, [&](Index block, int worker) {
      auto& workspace = workspaces[static_cast<std::size_t>(worker)];
      const Index own = block * simd::kBlockRows;
      const MatrixView<const T> rows =
          x.middle_rows(first + own, std::min(simd::kBlockRows, count - own));
      map.blocks().features(Side::query, rows, phi.row(own), exponent.data() + own, workspace);
      if (const auto reason = BlockMap<T>::refusal(rows, first + own, workspace)) {
        door.refuse("x: " + *reason);
      }
    });
    for (Index r = 0; r < count; ++r) {
      for (Index j = 0; j < features; ++j) {
        row[static_cast<std::size_t>(j)] =
            finite_entry(door, static_cast<double>(phi(r, j)),
                         exponent[static_cast<std::size_t>(r)], first + r, j);
      }
      visit(first + r, std::span<const double>(row));
    }
  }
}

}  // namespace bochner::gram
