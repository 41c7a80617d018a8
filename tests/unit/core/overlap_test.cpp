// SPDX-License-Identifier: Apache-2.0
#include "core/overlap.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <set>
#include <vector>

using namespace bochner;

namespace {

/// The bytes of every position, one after the other.
std::vector<std::intptr_t> bytes_of(const MemoryGrid& g) {
  std::vector<std::intptr_t> out;
  for (Index i = 0; i < g.extents[0]; ++i) {
    for (Index j = 0; j < g.extents[1]; ++j) {
      for (Index k = 0; k < g.extents[2]; ++k) {
        for (Index l = 0; l < g.extents[3]; ++l) {
          for (Index b = 0; b < g.size; ++b) {
            out.push_back(g.address + i * g.strides[0] + j * g.strides[1] + k * g.strides[2] +
                          l * g.strides[3] + b);
          }
        }
      }
    }
  }
  return out;
}

bool by_listing(const MemoryGrid& a, const MemoryGrid& b) {
  const auto in_a = bytes_of(a);
  const std::set<std::intptr_t> places(in_a.begin(), in_a.end());
  const auto in_b = bytes_of(b);
  return std::any_of(in_b.begin(), in_b.end(), [&](auto p) { return places.count(p) > 0; });
}

bool by_listing(const MemoryGrid& a) {
  const auto bytes = bytes_of(a);
  return std::set<std::intptr_t>(bytes.begin(), bytes.end()).size() < bytes.size();
}

MemoryGrid floats(std::intptr_t first, const std::array<Index, 4>& extents,
                  const std::array<Index, 4>& strides) {
  MemoryGrid grid{4 * first, 4, extents, strides};
  for (Index& stride : grid.strides) stride *= 4;
  return grid;
}

}  // namespace

TEST_CASE("overlap is that of the bytes, whatever the strides", "[core]") {
  std::mt19937_64 engine(1);
  const auto draw = [&](Index low, Index high) {
    return std::uniform_int_distribution<Index>(low, high)(engine);
  };
  int yes = 0;
  int no = 0;
  int twice = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    const auto grid = [&] {
      MemoryGrid g{draw(0, 60), trial % 3 == 0 ? 1 : 4, {}, {}};
      const Index step = trial % 2 == 0 ? g.size : 1;  // elements that are aligned, or not
      for (std::size_t k = 0; k < 4; ++k) {
        g.extents[k] = draw(trial % 50 == 0 ? 0 : 1, 3);
        g.strides[k] = step * draw(-20, 20);
      }
      return g;
    };
    const MemoryGrid a = grid();
    const MemoryGrid b = grid();
    const bool shared = by_listing(a, b);
    (shared ? yes : no) += 1;
    if (overlap(a, b) != shared || overlap(b, a) != shared) FAIL("trial " << trial);
    if (overlaps_itself(a) != by_listing(a)) FAIL("itself, trial " << trial);
    twice += by_listing(a) ? 0 : 1;
  }
  CHECK(yes > 2000);
  CHECK(no > 2000);
  CHECK(twice > 1000);
}

TEST_CASE("queries, keys, values and outputs may be interleaved", "[core]") {
  // length x 4 x heads x dim in one buffer, as (batch, heads, length, dim).
  constexpr Index kHeads = 8;
  constexpr Index kDim = 64;
  constexpr Index kLength = 100'000;
  constexpr Index kToken = 4 * kHeads * kDim;
  const auto part = [&](Index which, Index shift = 0) {
    return floats(which * kHeads * kDim + shift, {2, kHeads, kLength, kDim},
                  {kLength * kToken, kDim, kToken, 1});
  };
  for (Index p = 0; p < 4; ++p) {
    for (Index q = 0; q < 4; ++q) CHECK(overlap(part(p), part(q)) == (p == q));
  }
  CHECK(overlap(part(0), part(1, -1)));
  CHECK(overlap(part(3), part(0, kToken - 1)));
  // Even and odd columns, and rows of two tensors in turn.
  CHECK_FALSE(overlap(floats(0, {1, 1, 1000, 32}, {0, 0, 64, 2}),
                      floats(1, {1, 1, 1000, 32}, {0, 0, 64, 2})));
  CHECK_FALSE(overlap(floats(0, {1, 1, 1000, 64}, {0, 0, 128, 1}),
                      floats(64, {1, 1, 1000, 64}, {0, 0, 128, 1})));
  // Reversed, and transposed onto each other.
  CHECK(overlap(floats(63, {1, 1, 1, 64}, {0, 0, 0, -1}), floats(0, {1, 1, 1, 1}, {0, 0, 0, 1})));
  CHECK_FALSE(
      overlap(floats(63, {1, 1, 1, 63}, {0, 0, 0, -1}), floats(0, {1, 1, 1, 1}, {0, 0, 0, 1})));
  CHECK_FALSE(overlaps_itself(part(1)));
  CHECK(overlaps_itself(floats(0, {1, 1, 3, 3}, {0, 0, 2, 1})));
  CHECK_FALSE(overlaps_itself(floats(0, {1, 1, 3, 3}, {0, 0, 1, 3})));
}
