// SPDX-License-Identifier: Apache-2.0
#include "random/philox.hpp"

#include "bochner/random/stream.hpp"

namespace bochner {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) noexcept {
  return philox::block(counter, key);
}

}  // namespace bochner
