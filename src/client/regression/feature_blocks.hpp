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

/// Workers that `for_feature_blocks` has for so many rows.
inline int feature_workers(Index rows, const Execution& execution) {
  return worker_count(feature_block_count(rows), execution);
}

/// Calls body(first, rows, phi, worker) with the features of each block of rows, leading dimension
/// map.blocks().ld().
template <Scalar T, class Body>
void for_feature_blocks(const char* function, const FeatureMap<T>& map, MatrixView<const T> x,
                        const Execution& execution, const Body& body) {
  struct Worker {
    FeatureRows<T> features;
    Matrix<T> phi;
  };
  const BlockMap<T>& blocks = map.blocks();
  std::vector<Worker> workers;
  for (int w = 0; w < feature_workers(x.rows, execution); ++w) {
    workers.push_back({FeatureRows<T>(blocks), Matrix<T>(simd::kBlockRows, blocks.ld())});
  }
  parallel_for_blocks(feature_block_count(x.rows), execution, [&](Index block, int worker) {
    Worker& mine = workers[static_cast<std::size_t>(worker)];
    const Index first = block * simd::kBlockRows;
    const Index rows = std::min(simd::kBlockRows, x.rows - first);
    mine.features.compute(function, x.middle_rows(first, rows), first, mine.phi.data());
    body(first, rows, mine.phi.data(), static_cast<std::size_t>(worker));
  });
}

}  // namespace bochner::regression
