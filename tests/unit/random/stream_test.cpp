// SPDX-License-Identifier: Apache-2.0
#include "bochner/random/stream.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <set>
#include <vector>

using bochner::derive_seed;
using bochner::Index;
using bochner::philox4x32;
using bochner::Purpose;
using bochner::Seed;
using bochner::Stream;

TEST_CASE("words come from the documented counters", "[stream]") {
  const Stream stream({0x0123456789abcdef}, Purpose::radii, 0xaabbccddeeff);
  constexpr std::array<std::uint32_t, 2> key = {0x89abcdef, 0x01234567};
  constexpr std::uint32_t item_low = 0xccddeeff, purpose_and_item = 0x0002aabb;
  constexpr std::uint64_t block_index = 0x1234567890;

  const auto block = philox4x32({0x34567890, 0x12, item_low, purpose_and_item}, key);
  CHECK(stream.bits(2 * block_index) == (std::uint64_t{block[1]} << 32 | block[0]));
  CHECK(stream.bits(2 * block_index + 1) == (std::uint64_t{block[3]} << 32 | block[2]));

  const auto part = philox4x32({0x34567890, 0x00050012, item_low, purpose_and_item}, key);
  CHECK(stream.substream(5).bits(2 * block_index) == (std::uint64_t{part[1]} << 32 | part[0]));
}

TEST_CASE("streams that differ in anything differ in every word", "[stream]") {
  std::vector<Stream> streams;
  for (const std::uint64_t seed : {0ull, 1ull, 1ull << 32, 1ull << 63}) {
    for (const Purpose purpose : {Purpose::directions, Purpose::derive}) {
      for (const std::uint64_t item : {0ull, 1ull, 1ull << 32, (1ull << 48) - 1}) {
        const Stream stream({seed}, purpose, item);
        streams.push_back(stream);
        streams.push_back(stream.substream(1));
        streams.push_back(stream.substream(65535));
      }
    }
  }
  std::set<std::uint64_t> seen;
  for (const Stream& stream : streams) {
    for (std::uint64_t i = 0; i < 8; ++i) seen.insert(stream.bits(i));
  }
  CHECK(seen.size() == 8 * streams.size());
}

TEST_CASE("uniforms are midpoints of cells", "[stream]") {
  const Stream stream({9}, Purpose::study);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const double expected = (static_cast<double>(stream.bits(i) >> 12) + 0.5) * 0x1p-52;
    CHECK(stream.uniform(i) == expected);
  }
}

TEST_CASE("bulk draws are the single ones, to the bit", "[stream]") {
  const Stream stream({7}, Purpose::directions, 3);
  std::vector<double> bulk(400);
  for (const std::uint64_t first : {0ull, 1ull, 2ull, 63ull, 127ull, 1000001ull}) {
    for (const std::size_t count : {0u, 1u, 2u, 63u, 64u, 65u, 130u, 400u}) {
      const std::span<double> out = std::span(bulk).first(count);
      stream.normals(first, out);
      bool same = true;
      for (std::size_t i = 0; i < count; ++i) {
        same &= std::bit_cast<std::uint64_t>(out[i]) ==
                std::bit_cast<std::uint64_t>(stream.normal(first + i));
      }
      CHECK(same);
      stream.signs(first, out);
      same = true;
      for (std::size_t i = 0; i < count; ++i) same &= out[i] == stream.sign(first + i);
      CHECK(same);
    }
  }
}

TEST_CASE("normals follow Box and Muller's formula", "[stream]") {
  const Stream stream({11}, Purpose::study);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const double radius = std::sqrt(-2.0 * std::log(stream.uniform(2 * i)));
    const double angle = 2.0 * 3.14159265358979323846 * stream.uniform(2 * i + 1);
    CHECK(stream.normal(2 * i) == Approx(radius * std::cos(angle)).margin(1e-14));
    CHECK(stream.normal(2 * i + 1) == Approx(radius * std::sin(angle)).margin(1e-14));
  }
}

TEST_CASE("signs are the bits of the words", "[stream]") {
  const Stream stream({13}, Purpose::signs, 2);
  for (std::uint64_t i = 0; i < 300; ++i) {
    CHECK(stream.sign(i) == ((stream.bits(i / 64) >> i % 64 & 1) != 0 ? -1.0 : 1.0));
  }
}

TEST_CASE("chi is the root of a sum of squares in order", "[stream]") {
  const Stream stream({5}, Purpose::radii, 1);
  double sum = 0.0;
  for (Index degrees = 0; degrees < 300; ++degrees) {
    CHECK(stream.chi(degrees) == std::sqrt(sum));
    const double next = stream.normal(static_cast<std::uint64_t>(degrees));
    sum += next * next;
  }
}

TEST_CASE("derived seeds are distinct and depend on both arguments", "[stream]") {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (std::uint64_t index = 0; index < 100; ++index) {
      seen.insert(derive_seed({seed}, index).value);
    }
  }
  CHECK(seen.size() == 10000);
  CHECK(derive_seed(derive_seed({1}, 2), 3) != derive_seed(derive_seed({1}, 3), 2));
}
