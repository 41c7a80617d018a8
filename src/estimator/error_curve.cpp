// SPDX-License-Identifier: Apache-2.0
#include "estimator/error_curve.hpp"

#include "estimator/log_sum.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

namespace bochner::estimator {
namespace {

/// The smallest q in (failing, passing] with good(q), where all from some q on are good.
Index bisect(Index failing, Index passing, const std::function<bool(Index)>& good) {
  while (passing - failing > 1) {
    const Index middle = failing + (passing - failing) / 2;
    (good(middle) ? passing : failing) = middle;
  }
  return passing;
}

/// The smallest good m in [first, whole), or `whole`, which is a number of whole blocks. By
/// residues r of the block size b: with m = q b + r rows the mean square error but for the bias is
/// (B m + c) / m^2 with constants B >= 0 and c >= -B r, since those rows that are not of whole
/// blocks add nothing negative. It falls from m = 2 r on, and so from the first whole block on.
Index smallest_between(Index first, Index whole, Index b, const std::function<bool(Index)>& good) {
  for (Index m = first; m < std::min(b, whole); ++m) {
    if (good(m)) return m;
  }
  Index smallest = whole;
  for (Index r = 0; r < b; ++r) {
    const auto good_here = [&](Index q) { return good(q * b + r); };
    const Index low = std::max<Index>(1, (first - r + b - 1) / b);
    const Index high = (smallest - 1 - r) / b;  // only smaller ones are of interest
    if (high < low || !good_here(high)) continue;
    smallest = bisect(low - 1, high, good_here) * b + r;
  }
  return smallest;
}

}  // namespace

double log_variance(const BlockLaw& law, const LogVariances& parts, Index m) {
  const Index random = m - law.exact;
  const auto [rows, pairs, blocks] = law.shares(random);
  if (rows < 0.0 && std::isinf(parts.row)) return parts.row;
  double variance = -std::numeric_limits<double>::infinity();
  for (const auto& [share, part] :
       {std::pair{rows, parts.row}, std::pair{pairs, parts.pair}, std::pair{blocks, parts.block}}) {
    if (share > 0.0) variance = log_sum(variance, std::log(share) + part);
  }
  if (rows < 0.0) variance += std::log1p(rows * std::exp(parts.row - variance));
  return variance - std::log(static_cast<double>(random));
}

Index group_size(const BlockLaw& law) {
  return law.exact > 0 || law.pairing == BlockLaw::Pairing::sketch ? 1 : law.size;
}

ErrorCurve::ErrorCurve(const BlockLaw& law, const LogVariances& log_variances, double bias_size)
    : block(law),
      row_variance(std::exp(log_variances.row)),
      pair_variance(std::exp(log_variances.pair)),
      block_variance(std::exp(log_variances.block)),
      log_block_variance(log_variances.block),
      bias(bias_size) {}

double ErrorCurve::least_share() const {
  double least = std::min(row_variance, paired() ? pair_variance : row_variance);
  if (paired() && block.size % 2 == 1) {
    // The mean over a truncated block of whole pairs may vary less than all of these.
    for (Index m = 2; m < block.size; m += 2) {
      const double here = block.shares(m).mix(row_variance, pair_variance, block_variance);
      least = std::min(least, here);
    }
  }
  return least < block_variance ? least / block_variance : 1.0;
}

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
  passing = bisect(failing, passing, [&](Index q) { return good(q * b); });
  failing = passing - 1;
  Found found{.smallest = passing * b, .whole_blocks = passing * b};
  if (curve.block.pairing == BlockLaw::Pairing::sketch) {
    found.whole_blocks =
        static_cast<Index>(std::bit_ceil(static_cast<std::uint64_t>(found.smallest)));
    return found;
  }
  const auto first = static_cast<Index>(curve.least_share() * static_cast<double>(failing * b));
  found.smallest = smallest_between(first + 1, found.whole_blocks, b, good);
  return found;
}

Index round_up(double frequencies, Index block) {
  if (!(frequencies < static_cast<double>(kMostFrequencies))) return 0;
  const double blocks = std::ceil(frequencies / static_cast<double>(block));
  return std::max<Index>(1, static_cast<Index>(blocks)) * block;
}

}  // namespace bochner::estimator
