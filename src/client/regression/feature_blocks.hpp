// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/feature_map.hpp"
#include "client/regression/feature_rows.hpp"
#include "core/parallel.hpp"

#include <algorithm>
#include <vector>

/// \file
/// The loop of every pass over the rows.

namespace bochner::regression {

constexpr Index feature_block_count(Index rows) {
  return (rows + simd::kBlockRows - 1) / simd::kBlockRows;
}

/// The number of workers that `for_feature_blocks` uses for that many rows.
inline int feature_workers(Index rows, const Execution& execution) {
  return worker_count(feature_block_count(rows), execution);
}

/// The scratch space of a pass, kept for the next one.
template <Scalar T>
class FeatureBlocks {
 public:
  /// For passes over at most that many rows.
  FeatureBlocks(const FeatureMap<T>& map, Index rows, const Execution& execution)
      : execution_(execution) {
    const BlockMap<T>& blocks = map.blocks();
    for (int w = 0; w < feature_workers(rows, execution); ++w) {
      workers_.push_back({FeatureRows<T>(blocks),
                          Matrix<double>(simd::kBlockRows, feature_stride(blocks.num_features()))});
    }
  }

  /// Calls body(first, rows, phi, worker) with the features of each block of rows, as `FeatureRows`
  /// computes them. Messages count rows from `first_row`.
  template <class Body>
  void each(const Door& door, MatrixView<const T> x, Index first_row, const Body& body) {
    parallel_for_blocks(feature_block_count(x.rows), execution_, [&](Index block, int worker) {
      Worker& mine = workers_[static_cast<std::size_t>(worker)];
      const Index first = block * simd::kBlockRows;
      const Index rows = std::min(simd::kBlockRows, x.rows - first);
      mine.features.compute(door, x.middle_rows(first, rows), first_row + first, mine.phi.data());
      body(first, rows, mine.phi.data(), static_cast<std::size_t>(worker));
    });
  }

 private:
  struct Worker {
    FeatureRows<T> features;
    Matrix<double> phi;
  };

  const Execution& execution_;
  std::vector<Worker> workers_;
};

/// One pass.
template <Scalar T, class Body>
void for_feature_blocks(const Door& door, const FeatureMap<T>& map, MatrixView<const T> x,
                        const Execution& execution, const Body& body) {
  FeatureBlocks<T>(map, x.rows, execution).each(door, x, 0, body);
}

}  // namespace bochner::regression
