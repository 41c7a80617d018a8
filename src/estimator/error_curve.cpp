// SPDX-License-Identifier: Apache-2.0
#include "estimator/error_curve.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

namespace bochner {

// m Var(m) is a mean of those of rows, pairs and whole blocks: where blocks have the least, nothing
// before the last failing whole block is good; where coupling harms, nothing much before it.
Found find_smallest(const ErrorCurve& curve, const std::function<bool(Index)>& good) {
  const Index b = curve.step();
  Index failing = 0;
  Index passing = 1;
  while (!good(passing * b)) {
    if (passing * b >= kMostFrequencies) return {};
    failing = passing;
    passing *= 2;
  }
  while (passing - failing > 1) {
    const Index middle = failing + (passing - failing) / 2;
    (good(middle * b) ? passing : failing) = middle;
  }
  Found found{.smallest = passing * b, .whole_blocks = passing * b};
  if (curve.block.pairing == BlockLaw::Pairing::sketch) {
    found.whole_blocks =
        static_cast<Index>(std::bit_ceil(static_cast<std::uint64_t>(found.smallest)));
    return found;
  }
  const Index before = failing * b;
  const auto first = static_cast<Index>(curve.least_share() * static_cast<double>(before));
  for (Index m = first + 1; m < found.whole_blocks; ++m) {
    if (good(m)) {
      found.smallest = m;
      break;
    }
  }
  return found;
}

Index round_up(double frequencies, Index block) {
  if (!(frequencies < static_cast<double>(kMostFrequencies))) return 0;
  const double blocks = std::ceil(frequencies / static_cast<double>(block));
  return std::max<Index>(1, static_cast<Index>(blocks)) * block;
}

}  // namespace bochner
