// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "estimator/row_law.hpp"

#include <functional>
#include <limits>

/// \file
/// The smallest number of frequencies that is good enough.

namespace bochner::estimator {

/// No plan goes beyond this.
inline constexpr Index kMostFrequencies = Index{1} << 40;

/// The logarithms of an error's parts, any of which may leave the range of double.
struct LogVariances {
  double row = 0.0;    ///< of one frequency
  double pair = 0.0;   ///< of the mean of a pair, times two
  double block = 0.0;  ///< of the mean of a whole block, times its size
};

/// log of the variance with m frequencies.
double log_variance(const BlockLaw& law, const LogVariances& parts, Index m);

/// Frequencies that go together; more of them are better only by that many.
Index group_size(const BlockLaw& law);

/// Mean square error against the number of frequencies, in the unit of the target: the curve that
/// is searched, in plain numbers.
struct ErrorCurve {
  /// `bias` is its absolute value.
  ErrorCurve(const BlockLaw& law, const LogVariances& log_variances, double bias);

  BlockLaw block;
  double row_variance;
  double pair_variance;
  double block_variance;
  double log_block_variance;
  double bias;

  double variance(Index m) const {
    const Index random = m - block.exact;
    if (random < 1) return std::numeric_limits<double>::infinity();
    return block.shares(random).mix(row_variance, pair_variance, block_variance) /
           static_cast<double>(random);
  }
  Index step() const { return group_size(block); }
  double mean_square(Index m) const { return variance(m) + bias * bias; }
  bool paired() const { return block.in_pairs() && block.size > 2; }
  /// A lower bound of m Var(m), over that of whole blocks.
  double least_share() const;
};

/// Numbers of frequencies; 0 where none below `kMostFrequencies` is good.
struct Found {
  Index smallest = 0;
  Index whole_blocks = 0;
};

/// The smallest m that is good; of sketches, which grow unevenly between powers of two, a small
/// one, and the next power of two. `good` holds below some mean square error and not above. O(b log
/// m) questions for blocks of b rows, whatever the answer.
Found find_smallest(const ErrorCurve& curve, const std::function<bool(Index)>& good);

/// That many frequencies, rounded up to whole blocks; 0 when there are too many to count.
Index round_up(double frequencies, Index block);

}  // namespace bochner::estimator
