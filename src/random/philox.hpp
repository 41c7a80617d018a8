// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

/// \file
/// The rounds of Philox 4x32-10, inline: a loop over counters becomes vector code.

namespace bochner::philox {

using Counter = std::array<std::uint32_t, 4>;
using Key = std::array<std::uint32_t, 2>;

/// One block [Salmon11, section 3.3].
inline Counter block(Counter x, Key key) noexcept {
  constexpr std::uint64_t multiplier_0 = 0xD2511F53;
  constexpr std::uint64_t multiplier_1 = 0xCD9E8D57;
  constexpr std::uint32_t golden_ratio = 0x9E3779B9;
  constexpr std::uint32_t root_three_less_one = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product_0 = multiplier_0 * x[0];
    const std::uint64_t product_1 = multiplier_1 * x[2];
    x = {static_cast<std::uint32_t>(product_1 >> 32) ^ x[1] ^ key[0],
         static_cast<std::uint32_t>(product_1),
         static_cast<std::uint32_t>(product_0 >> 32) ^ x[3] ^ key[1],
         static_cast<std::uint32_t>(product_0)};
    key[0] += golden_ratio;
    key[1] += root_three_less_one;
  }
  return x;
}

}  // namespace bochner::philox
