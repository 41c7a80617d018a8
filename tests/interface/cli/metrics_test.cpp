// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/metrics.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <random>
#include <vector>

using namespace bochner::cli;

TEST_CASE("metrics are what their formulas say", "[metrics]") {
  const std::vector<double> y = {1001, 1003, 1002, 1006};
  const std::vector<double> f = {1001.5, 1002, 1002, 1008};
  RegressionErrors errors(1000.0);
  for (std::size_t i = 0; i < y.size(); ++i) errors.add(y[i], f[i]);
  CHECK(errors.root_mean_square().value == Approx(std::sqrt(5.25 / 4)).epsilon(1e-12));
  CHECK(errors.mean_absolute().value == Approx(3.5 / 4).epsilon(1e-12));
  CHECK(errors.r_squared().value == Approx(1.0 - 5.25 / 14.0).epsilon(1e-12));
  RegressionErrors constant(2.0);
  constant.add(2.0, 1.0);
  constant.add(2.0, 2.0);
  CHECK(std::isnan(constant.r_squared().value));
  // Wilson's interval of 1 in 10, from its published formula.
  const Metric rate = error_rate(1, 10);
  CHECK(rate.value == 0.1);
  CHECK(rate.low == Approx(0.0178762).epsilon(1e-4));
  CHECK(rate.high == Approx(0.4041500).epsilon(1e-4));
  CHECK(error_rate(0, 10).low == 0.0);
  CHECK(error_rate(0, 10).high > 0.2);
}

TEST_CASE("intervals cover the truth as often as they say", "[metrics]") {
  // y = x + e, f = x; x normal of variance 4, e normal of variance 1: RMSE 1, MAE sqrt(2 / pi),
  // R2 1 - 1/5. Of 2,000 draws 95 % +- 6.5 sigma = 0.032 must cover, and 0.01 for the asymptotics.
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  constexpr int kDraws = 2000;
  int rmse = 0;
  int mae = 0;
  int r2 = 0;
  const auto covers = [](const Metric& m, double truth) {
    return m.low <= truth && truth <= m.high ? 1 : 0;
  };
  for (int draw = 0; draw < kDraws; ++draw) {
    RegressionErrors errors(3.0);
    for (int i = 0; i < 1000; ++i) {
      const double x = 3.0 + 2.0 * normal(random);
      errors.add(x + normal(random), x);
    }
    rmse += covers(errors.root_mean_square(), 1.0);
    mae += covers(errors.mean_absolute(), std::sqrt(2.0 / M_PI));
    r2 += covers(errors.r_squared(), 0.8);
  }
  for (const int covered : {rmse, mae, r2}) {
    CHECK(covered > 0.908 * kDraws);
    CHECK(covered < 0.992 * kDraws);
  }
}
