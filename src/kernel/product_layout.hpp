// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

/// \file
/// What projections and feature functions share where features are products of projections.

namespace bochner {

/// Feature j is, up to a factor, the product of `degree[j]` projections. Projections come by level:
/// level i holds the factor i of every feature that has one, in order of decreasing degree, so that
/// a level is one run of columns, and its column k belongs to the feature `order[k]`.
struct ProductLayout {
  std::vector<Index> degree;
  /// The first features, of at most one factor each: a constant and the coordinates.
  Index num_exact = 0;
  /// If positive, inputs have one more coordinate, with this value.
  double last_coordinate = 0.0;

  std::vector<Index> order;        ///< features by decreasing degree, then by number
  std::vector<Index> level_start;  ///< first column of each level, and the end

  /// Computes `order` and `level_start` from `degree`.
  void arrange() {
    order.resize(degree.size());
    std::iota(order.begin(), order.end(), Index{0});
    const auto of = [&](Index j) { return degree[static_cast<std::size_t>(j)]; };
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return of(a) > of(b); });
    level_start = {0};
    for (Index level = 0; level < of(order.front()); ++level) {
      const auto end =
          std::partition_point(order.begin(), order.end(), [&](Index j) { return of(j) > level; });
      level_start.push_back(level_start.back() + (end - order.begin()));
    }
  }

  Index num_levels() const { return static_cast<Index>(level_start.size()) - 1; }
  Index num_projections() const { return level_start.back(); }
  Index start(Index level) const { return level_start[static_cast<std::size_t>(level)]; }
  /// Columns of a level.
  Index width(Index level) const { return start(level + 1) - start(level); }
};

}  // namespace bochner

namespace bochner::kernels {

/// A binary digit of a number of columns, for which there is a sketch.
struct SketchColumns {
  Index first = 0;
  Index count = 1;  ///< a power of two
  int digit = 0;    ///< its logarithm
};

/// The sketches of m columns, largest first.
inline std::vector<SketchColumns> sketch_columns(Index m) {
  std::vector<SketchColumns> out;
  Index first = 0;
  for (int digit = 62; digit >= 0; --digit) {
    const Index count = Index{1} << digit;
    if ((m & count) == 0) continue;
    out.push_back({first, count, digit});
    first += count;
  }
  return out;
}

}  // namespace bochner::kernels
