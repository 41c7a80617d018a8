// SPDX-License-Identifier: Apache-2.0
#include "client/regression/drawn_rows.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace bochner::regression {

std::vector<Index> drawn_rows(Index rows, Index count, Seed seed) {
  std::vector<Index> indices(static_cast<std::size_t>(rows));
  std::iota(indices.begin(), indices.end(), Index{0});
  if (count >= rows) return indices;
  // The first `count` of a random order, sorted.
  const Stream stream(seed, Purpose::permutation);
  const auto key = [&](Index i) { return stream.bits(static_cast<std::uint64_t>(i)); };
  std::sort(indices.begin(), indices.end(), [&](Index a, Index b) { return key(a) < key(b); });
  indices.resize(static_cast<std::size_t>(count));
  std::sort(indices.begin(), indices.end());
  return indices;
}

}  // namespace bochner::regression
