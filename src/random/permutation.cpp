// SPDX-License-Identifier: Apache-2.0
#include "random/permutation.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace bochner {

std::vector<Index> random_permutation(const Stream& stream, Index n) {
  std::vector<std::pair<std::uint64_t, Index>> keys;
  keys.reserve(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) keys.emplace_back(stream.bits(static_cast<std::uint64_t>(i)), i);
  std::sort(keys.begin(), keys.end());
  std::vector<Index> order;
  order.reserve(keys.size());
  for (const auto& key : keys) order.push_back(key.second);
  return order;
}

}  // namespace bochner
