// SPDX-License-Identifier: Apache-2.0
#include "projection/block_law.hpp"

#include <cmath>

namespace bochner {

double BlockLaw::Shares::mix(double row, double pair, double block) const {
  const auto part = [](double share, double value) { return share == 0.0 ? 0.0 : share * value; };
  if (rows < 0.0 && std::isinf(row)) return row;  // and so are the others
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
  if (!in_pairs()) {
    const auto others = static_cast<double>(size - 1);
    const double blocks = (whole_rows + rest_rows * ((rest_rows - 1.0) / others)) / m;
    return {.rows = 1.0 - blocks, .pairs = 0.0, .blocks = blocks};
  }
  if (size == 2) return {.rows = rest_rows / m, .pairs = 0.0, .blocks = whole_rows / m};
  // Of the rows of the truncated block, ordered pairs that are orthogonal and no more, over those
  // of a whole block.
  const auto block_rows = static_cast<double>(size);
  const auto block_paired = static_cast<double>(paired_rows(size));
  const auto rest_paired = static_cast<double>(paired_rows(rest));
  const double part = (rest_rows * (rest_rows - 1.0) - rest_paired) /
                      (block_rows * (block_rows - 1.0) - block_paired);
  return {.rows = (rest_rows - rest_paired - part * (block_rows - block_paired)) / m,
          .pairs = (rest_paired - part * block_paired) / m,
          .blocks = (whole_rows + part * block_rows) / m};
}

}  // namespace bochner
