// SPDX-License-Identifier: Apache-2.0
#include "support/statistics.hpp"

#include "bochner/random/stream.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cmath>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr std::size_t kDraws = 200000;

template <class Draw>
std::vector<double> collect(const Draw& draw) {
  std::vector<double> values(kDraws);
  for (std::size_t i = 0; i < kDraws; ++i) values[i] = draw(i);
  return values;
}

double correlation(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum / static_cast<double>(a.size());
}

/// Pearson's statistic of `counts` against equal cells.
double equal_cells(std::span<const double> counts, double draws) {
  const double expected = draws / static_cast<double>(counts.size());
  double statistic = 0.0;
  for (const double count : counts) statistic += (count - expected) * (count - expected) / expected;
  return statistic;
}

/// What a generator that keeps 24 bits of its seed would do.
Seed truncated(std::uint64_t seed) { return {seed & 0xffffff}; }

}  // namespace

TEST_CASE("uniforms are uniform along an index, an item and a seed", "[uniform]") {
  const Stream stream({1}, Purpose::study);
  check_uniform_ks(collect([&](std::size_t i) { return stream.uniform(i); }));
  check_uniform_ks(
      collect([](std::size_t i) { return Stream({1}, Purpose::study, i).uniform(0); }));
  check_uniform_ks(collect([](std::size_t i) { return Stream({i}, Purpose::study).uniform(0); }));
  check_uniform_ks(collect([&](std::size_t i) { return stream.substream(1).uniform(i << 24); }));
  check_uniform_ks(collect(
      [](std::size_t i) { return Stream(derive_seed({1}, i), Purpose::study).uniform(0); }));
}

TEST_CASE("every byte of a word takes its values equally often", "[bits]") {
  const Stream stream({2}, Purpose::study);
  std::array<std::array<double, 256>, 8> counts{};
  for (std::size_t i = 0; i < kDraws; ++i) {
    const std::uint64_t word = stream.bits(i);
    for (std::size_t byte = 0; byte < 8; ++byte) ++counts[byte][word >> (8 * byte) & 0xff];
  }
  for (const auto& count : counts) {
    check_p_value(chi_squared_p_value(equal_cells(count, kDraws), 255));
  }
}

TEST_CASE("neighbouring uniforms fill the square equally", "[uniform]") {
  // 32 x 32 cells of (u_i, u_next): neighbours along the index and across items.
  const auto next_in_stream = [](std::size_t i) {
    const Stream stream({3}, Purpose::study);
    return std::pair{stream.uniform(2 * i), stream.uniform(2 * i + 1)};
  };
  const auto next_item = [](std::size_t i) {
    return std::pair{Stream({3}, Purpose::study, 2 * i).uniform(0),
                     Stream({3}, Purpose::study, 2 * i + 1).uniform(0)};
  };
  const auto p_value = [](const auto& draw) {
    std::vector<double> counts(1024);
    for (std::size_t i = 0; i < kDraws; ++i) {
      const auto [u, v] = draw(i);
      ++counts[static_cast<std::size_t>(32 * u) * 32 + static_cast<std::size_t>(32 * v)];
    }
    return chi_squared_p_value(equal_cells(counts, kDraws), 1023);
  };
  check_p_value(p_value(next_in_stream));
  check_p_value(p_value(next_item));
}

TEST_CASE("normals are normal and uncorrelated", "[normal]") {
  const Stream stream({4}, Purpose::directions);
  const std::vector<double> x = collect([&](std::size_t i) { return stream.normal(i); });
  check_normal_ks(x);
  check_normal_ks(
      collect([](std::size_t i) { return Stream({4}, Purpose::directions, i).normal(1); }));
  const double n = kDraws;
  check_z(mean(x), 0.0, 1 / std::sqrt(n));
  check_p_value(chi_squared_p_value(n * correlation(x, x), n));
  for (const std::size_t lag : {1u, 2u, 64u}) {
    const auto early = std::span(x).first(kDraws - lag);
    check_z(correlation(early, std::span(x).subspan(lag)), 0.0,
            1 / std::sqrt(static_cast<double>(early.size())));
  }
  // Squares too: Box and Muller's pairs share a radius, which must not show.
  std::vector<double> squares = x;
  for (double& s : squares) s = (s * s - 1) / std::sqrt(2.0);
  const auto early = std::span(squares).first(kDraws - 1);
  check_z(correlation(early, std::span(squares).subspan(1)), 0.0, 1 / std::sqrt(n - 1));
}

TEST_CASE("wrong normals are caught", "[normal][twin]") {
  const Stream stream({4}, Purpose::directions);
  const double n = kDraws;
  // A sum of twelve uniforms.
  caught_normal_ks(collect([&](std::size_t i) {
    double sum = -6.0;
    for (std::uint64_t k = 0; k < 12; ++k) sum += stream.uniform(12 * i + k);
    return sum * 1.02;
  }));
  // Half of each angle: the sine is never negative.
  caught_normal_ks(collect(
      [&](std::size_t i) { return i % 2 == 1 ? std::fabs(stream.normal(i)) : stream.normal(i); }));
  // A seed of which 24 bits are used: replicates 2^24 apart are one.
  const auto a =
      collect([](std::size_t i) { return Stream(truncated(i), Purpose::directions).normal(0); });
  const auto b = collect([](std::size_t i) {
    return Stream(truncated(i + (1u << 24)), Purpose::directions).normal(0);
  });
  caught_z(correlation(a, b), 0.0, 1 / std::sqrt(n));
  const auto c = collect(
      [](std::size_t i) { return Stream({i + (1u << 24)}, Purpose::directions).normal(0); });
  check_z(correlation(a, c), 0.0, 1 / std::sqrt(n));
}

TEST_CASE("signs are fair and uncorrelated", "[sign]") {
  const Stream stream({5}, Purpose::signs);
  const std::vector<double> signs = collect([&](std::size_t i) { return stream.sign(i); });
  const std::vector<double> other =
      collect([](std::size_t i) { return Stream({5}, Purpose::signs, 1).sign(i); });
  const double n = kDraws;
  check_z(mean(signs), 0.0, 1 / std::sqrt(n));
  check_z(correlation(signs, other), 0.0, 1 / std::sqrt(n));
  for (const std::size_t lag : {1u, 64u, 128u}) {
    check_z(correlation(std::span(signs).first(kDraws - lag), std::span(signs).subspan(lag)), 0.0,
            1 / std::sqrt(n - static_cast<double>(lag)));
  }
}
