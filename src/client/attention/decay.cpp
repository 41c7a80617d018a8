// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/attention.hpp"
#include "core/door.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

namespace bochner {

std::vector<double> alibi_slopes(Index heads) {
  Door("alibi_slopes").at_least("heads", heads, 0);
  if (heads == 0) return {};
  const auto whole = static_cast<Index>(std::bit_floor(static_cast<std::uint64_t>(heads)));
  const auto slope = [](Index k, Index of) {
    return std::exp2(-8.0 * static_cast<double>(k) / static_cast<double>(of));
  };
  std::vector<double> slopes;
  for (Index k = 1; k <= whole; ++k) slopes.push_back(slope(k, whole));
  for (Index k = 1; k <= heads - whole; ++k) slopes.push_back(slope(2 * k - 1, 2 * whole));
  return slopes;
}

}  // namespace bochner
