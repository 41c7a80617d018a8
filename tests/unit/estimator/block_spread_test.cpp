// SPDX-License-Identifier: Apache-2.0
#include "estimator/block_spread.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

using namespace bochner;
using namespace bochner::estimator;

TEST_CASE("block spread: textbook cases", "[block_spread]") {
  const std::vector<double> rows = {1, 2, 4, 7, 3, 5};
  const BlockSpread single = block_spread(rows, 1);
  double mean = 22.0 / 6.0;
  double squares = 0.0;
  for (const double r : rows) squares += (r - mean) * (r - mean);
  CHECK(single.mean == Approx(mean));
  CHECK(single.variance == Approx(squares / 30.0));
  CHECK(single.degrees_of_freedom == 5.0);
  CHECK(single.blocks == 6);

  // Two blocks: half the difference, squared.
  const BlockSpread two = block_spread(rows, 3);
  CHECK(two.variance == Approx(std::pow((7.0 / 3.0 - 5.0) / 2.0, 2)));
  CHECK(two.degrees_of_freedom == 1.0);

  CHECK(std::isnan(block_spread(rows, 4).variance));
  CHECK(block_spread(rows, 4).blocks == 2);
  CHECK(std::isnan(block_spread(rows, 100).variance));
}

TEST_CASE("block spread: unbiased for any variances of the blocks", "[block_spread]") {
  // A quadratic form sum c_b (g_b - mean)^2 / (1 + sum c_b) of independent g_b with variances v_b
  // has expectation sum_b v_b Q_bb. Q_bb from unit vectors: g = e_b.
  constexpr Index kSize = 5;
  const std::vector<std::size_t> sizes = {5, 5, 5, 2};
  constexpr double kRows = 17.0;
  std::size_t start = 0;
  for (const std::size_t n : sizes) {
    std::vector<double> rows(17, 0.0);
    for (std::size_t r = start; r < start + n; ++r) rows[r] = 1.0;
    const double weight = static_cast<double>(n) / kRows;
    CHECK(block_spread(rows, kSize).variance == Approx(weight * weight).epsilon(1e-13));
    start += n;
  }
}
