// SPDX-License-Identifier: Apache-2.0
#include "pipeline/uniform_sample.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

using bochner::Index;
using bochner::Matrix;
using bochner::Seed;
using bochner::pipeline::drawn_rows;
using bochner::pipeline::UniformSample;

namespace {

std::vector<Index> drawn(Index rows, Index most, Seed seed) {
  UniformSample sample(1, most, seed);
  for (Index i = 0; i < rows; ++i) {
    const auto number = static_cast<double>(i);
    sample.offer(&number);
  }
  const Matrix<double> kept = sample.rows();
  return {kept.data(), kept.data() + kept.size()};
}

}  // namespace

TEST_CASE("a short stream is kept whole and in order", "[sample]") {
  const std::vector<Index> kept = drawn(100, 100, {1});
  REQUIRE(kept.size() == 100);
  for (std::size_t i = 0; i < kept.size(); ++i) CHECK(kept[i] == static_cast<Index>(i));
}

TEST_CASE("a sample holds what it should, each row once and in order", "[sample]") {
  const std::vector<Index> kept = drawn(10000, 64, {2});
  REQUIRE(kept.size() == 64);
  for (std::size_t i = 1; i < kept.size(); ++i) CHECK(kept[i - 1] < kept[i]);
  CHECK(kept == drawn(10000, 64, {2}));
  CHECK(kept != drawn(10000, 64, {3}));
  // What is drawn of more rows is drawn of fewer, as far as it lies among them.
  const std::vector<Index> fewer = drawn(5000, 64, {2});
  for (const Index row : kept) {
    if (row < 5000) CHECK(std::count(fewer.begin(), fewer.end(), row) == 1);
  }
}

TEST_CASE("no period of the rows shows in a sample", "[sample]") {
  // Shares of residues are hypergeometric; a threshold of 5.2 standard deviations is missed once in
  // 5 million draws, and 2 + 3 + ... + 32 residues of 20 seeds are 10,540 of them.
  constexpr Index kRows = 40000;
  constexpr Index kKept = 2000;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<Index> kept = drawn(kRows, kKept, {seed});
    for (Index period = 2; period <= 32; ++period) {
      std::vector<double> count(static_cast<std::size_t>(period));
      for (const Index row : kept) ++count[static_cast<std::size_t>(row % period)];
      const double share = 1.0 / static_cast<double>(period);
      const double deviation =
          std::sqrt(kKept * share * (1.0 - share) * (1.0 - static_cast<double>(kKept) / kRows));
      for (const double c : count) CHECK(std::abs(c - kKept * share) < 5.2 * deviation);
    }
  }
}

TEST_CASE("every row is as likely as any other", "[sample]") {
  // 4,000 seeds, 40 rows of which 10 are kept: counts are binomial of mean 1,000, deviation 27.4;
  // 40 counts miss 5.4 deviations with a probability of 3e-6.
  std::vector<double> count(40);
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    for (const Index row : drawn(40, 10, {seed})) ++count[static_cast<std::size_t>(row)];
  }
  for (const double c : count) CHECK(std::abs(c - 1000.0) < 5.4 * 27.4);
}

TEST_CASE("many strata share the room of the sample, and have two rows each in any case",
          "[sample]") {
  constexpr Index kStrata = 60;
  for (const auto& [most, due] : {std::pair<Index, Index>{5000, 10}, {420, 7}, {200, 3}, {30, 2}}) {
    UniformSample sample(2, most, {5});
    // All rows of a stratum together, so that the last ones come when others have had theirs.
    for (Index i = 0; i < 50 * kStrata; ++i) {
      const double row[] = {static_cast<double>(i), static_cast<double>(i / 50)};
      sample.offer(row, i / 50);
    }
    const Matrix<double> rows = sample.rows();
    std::vector<Index> count(static_cast<std::size_t>(kStrata));
    for (Index i = 0; i < rows.rows(); ++i) {
      CHECK(rows(i, 1) == std::floor(rows(i, 0) / 50.0));
      ++count[static_cast<std::size_t>(rows(i, 1))];
    }
    INFO(most);
    for (const Index of_stratum : count) CHECK(of_stratum >= due);
    CHECK(rows.rows() <= most + due * kStrata);
    // The rows of a stratum that are due are those of the smallest keys, whenever there was room.
    UniformSample alone(2, 1, {5});
    for (Index i = 0; i < 50 * kStrata; ++i) {
      const double row[] = {static_cast<double>(i), 0.0};
      if (i < 50) alone.offer(row);
    }
    bool first = false;
    for (Index i = 0; i < rows.rows(); ++i) first = first || rows(i, 0) == alone.rows()(0, 0);
    CHECK(first);
  }
}

TEST_CASE("a rare class is in a sample with what is due to it", "[sample]") {
  UniformSample sample(2, 50, {4});
  for (Index i = 0; i < 20000; ++i) {
    const Index stratum = i == 777 ? 2 : i % 1000 == 0 ? 1 : 0;
    const double row[] = {static_cast<double>(i), static_cast<double>(stratum)};
    sample.offer(row, stratum);
  }
  const Matrix<double> rows = sample.rows();
  std::vector<Index> count(3);
  for (Index i = 0; i < rows.rows(); ++i) ++count[static_cast<std::size_t>(rows(i, 1))];
  CHECK(count[2] == 1);
  CHECK(count[1] >= UniformSample::kLeast);
  CHECK(count[1] <= UniformSample::kLeast + 2);
  CHECK(count[0] >= 40);
  // And in a sample of that sample.
  const Matrix<double> again = drawn_rows(rows.view(), 5, {4}, 1);
  bool rare = false;
  for (Index i = 0; i < again.rows(); ++i) rare = rare || again(i, 0) == 777.0;
  CHECK(rare);
}
