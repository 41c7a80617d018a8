// SPDX-License-Identifier: Apache-2.0
#include "projection/block_law.hpp"

#include <algorithm>

namespace bochner {

double BlockLaw::Shares::mix(double row, double pair, double block) const {
  const auto part = [](double share, double value) { return share == 0.0 ? 0.0 : share * value; };
  return part(rows, row) + part(pairs, pair) + part(blocks, block);
}

BlockLaw::Shares BlockLaw::shares(Index num_frequencies) const {
  const auto m = static_cast<double>(num_frequencies);
  if (pairing == Pairing::sketch) {
    // Collisions of both kinds at once: in one of D buckets, or in two (0 and D / 2) at a time.
    double rows = 0.0;
    for (const kernels::SketchColumns& sketch : kernels::sketch_columns(num_frequencies)) {
      rows += sketch.count == 1 ? 1.0 : 2.0;
    }
    return {.rows = rows / m, .pairs = 0.0, .blocks = 1.0 - rows / m};
  }
  if (size == 1) return {};
  const Index rest = num_frequencies % size;
  const auto whole_rows = static_cast<double>(num_frequencies - rest);
  const auto rest_rows = static_cast<double>(rest);
  if (pairing == Pairing::none) {
    const auto others = static_cast<double>(size - 1);
    const double blocks = (whole_rows + rest_rows * ((rest_rows - 1.0) / others)) / m;
    return {.rows = 1.0 - blocks, .pairs = 0.0, .blocks = blocks};
  }
  const auto paired = static_cast<double>(num_frequencies - num_frequencies % 2);
  if (size == 2) return {.rows = (m - paired) / m, .pairs = 0.0, .blocks = paired / m};
  // Of the rows of the truncated block, ordered pairs that are orthogonal, over those that a row of
  // a whole block has.
  const double rest_paired = static_cast<double>(rest - rest % 2);
  const double rest_blocks =
      (rest_rows * (rest_rows - 1.0) - rest_paired) / static_cast<double>(size - 2);
  const double blocks = (whole_rows + std::max(rest_blocks, 0.0)) / m;
  return {.rows = (m - paired) / m, .pairs = std::max(paired / m - blocks, 0.0), .blocks = blocks};
}

}  // namespace bochner
