// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "estimator/row_law.hpp"

#include <algorithm>
#include <functional>
#include <limits>

/// \file
/// The smallest number of frequencies that is good enough.

namespace bochner {

/// No plan goes beyond.
inline constexpr Index kMostFrequencies = Index{1} << 40;

/// Mean square error against the number of frequencies, in units of the squared kernel value.
struct ErrorCurve {
  BlockLaw block;
  double row_variance = 0.0;    ///< of one frequency
  double pair_variance = 0.0;   ///< of the mean of an opposite pair, times two
  double block_variance = 0.0;  ///< of the mean of a whole block, times its size
  double bias = 0.0;            ///< its absolute value

  double variance(Index m) const {
    const Index random = m - block.exact;
    if (random < 1) return std::numeric_limits<double>::infinity();
    return block.shares(random).mix(row_variance, pair_variance, block_variance) /
           static_cast<double>(random);
  }
  /// Frequencies that go together; more of them are better only by that many.
  Index step() const {
    return block.exact > 0 || block.pairing == BlockLaw::Pairing::sketch ? 1 : block.size;
  }
  double mean_square(Index m) const { return variance(m) + bias * bias; }
  bool paired() const { return block.pairing == BlockLaw::Pairing::opposite && block.size > 2; }
  /// A lower bound of m Var(m), over that of whole blocks.
  double least_share() const {
    const double least = std::min(row_variance, paired() ? pair_variance : row_variance);
    return least < block_variance ? least / block_variance : 1.0;
  }
};

/// Numbers of frequencies; 0 where none below `kMostFrequencies` is good.
struct Found {
  Index smallest = 0;
  Index whole_blocks = 0;
};

/// The smallest m that is good, given that whole blocks stay good once they are (of sketches, which
/// grow unevenly between powers of two, a small one, and the next power of two).
Found find_smallest(const ErrorCurve& curve, const std::function<bool(Index)>& good);

/// That many frequencies, rounded up to whole blocks; 0 when there are too many to count.
Index round_up(double frequencies, Index block);

}  // namespace bochner
