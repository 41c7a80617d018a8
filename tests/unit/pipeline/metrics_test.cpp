// SPDX-License-Identifier: Apache-2.0
#include "pipeline/metrics.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <random>
#include <vector>

using namespace bochner::pipeline;

TEST_CASE("metrics are what their formulas say", "[metrics]") {
  const std::vector<double> y = {1001, 1003, 1002, 1006};
  const std::vector<double> f = {1001.5, 1002, 1002, 1008};
  RegressionErrors errors;
  for (std::size_t i = 0; i < y.size(); ++i) errors.add(y[i], f[i]);
  CHECK(errors.root_mean_square().value == Approx(std::sqrt(5.25 / 4)).epsilon(1e-12));
  CHECK(errors.mean_absolute().value == Approx(3.5 / 4).epsilon(1e-12));
  CHECK(errors.r_squared().value == Approx(1.0 - 5.25 / 14.0).epsilon(1e-12));
  RegressionErrors constant;
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
    RegressionErrors errors;
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

TEST_CASE("metrics are right for numbers of any size", "[metrics]") {
  const std::vector<double> y = {1.0, 3.0, 2.0, 6.0, -4.0};
  const std::vector<double> f = {1.5, 2.0, 2.0, 8.0, -3.5};
  RegressionErrors plain;
  for (std::size_t i = 0; i < y.size(); ++i) plain.add(y[i], f[i]);
  // Scaling by a power of two is exact: every metric scales with it, R2 stays.
  for (const int exponent : {-1000, -540, -270, -100, 100, 270, 540, 1000}) {
    RegressionErrors scaled;
    for (std::size_t i = 0; i < y.size(); ++i) {
      scaled.add(std::ldexp(y[i], exponent), std::ldexp(f[i], exponent));
    }
    INFO("exponent " << exponent);
    for (const auto metric :
         {&RegressionErrors::root_mean_square, &RegressionErrors::mean_absolute}) {
      const Metric expected = (plain.*metric)();
      const Metric found = (scaled.*metric)();
      CHECK(found.value == std::ldexp(expected.value, exponent));
      CHECK(found.low == std::ldexp(expected.low, exponent));
      CHECK(found.high == std::ldexp(expected.high, exponent));
    }
    CHECK(scaled.r_squared().value == plain.r_squared().value);
    CHECK(scaled.r_squared().low == plain.r_squared().low);
  }
  // Errors of 1e200 beside small ones, by the closed form.
  RegressionErrors mixed;
  mixed.add(1.0, 1.0);
  mixed.add(1e200, 0.0);
  CHECK(mixed.root_mean_square().value == Approx(1e200 / std::sqrt(2.0)).epsilon(1e-14));
  CHECK(mixed.mean_absolute().value == Approx(0.5e200).epsilon(1e-14));
}

TEST_CASE("a weight of two is a row that comes twice", "[metrics]") {
  const std::vector<double> y = {1001, 1003, 1002, 1006, 1000, 1004};
  const std::vector<double> f = {1001.5, 1002, 1002, 1008, 999, 1005};
  RegressionErrors weighted;
  RegressionErrors repeated;
  ClassificationErrors classes(2);
  ClassificationErrors often(2);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const int times = static_cast<int>(i % 3);
    weighted.add(y[i], f[i], times);
    classes.add(i < 3 ? 0 : 1, i % 2 == 0 ? 0 : 1, times);
    classes.add_probability(0.1 + 0.1 * static_cast<double>(i), times);
    for (int k = 0; k < times; ++k) {
      repeated.add(y[i], f[i]);
      often.add(i < 3 ? 0 : 1, i % 2 == 0 ? 0 : 1);
      often.add_probability(0.1 + 0.1 * static_cast<double>(i));
    }
  }
  CHECK(weighted.rows() == 4);
  CHECK(weighted.root_mean_square().value ==
        Approx(repeated.root_mean_square().value).epsilon(1e-14));
  CHECK(weighted.mean_absolute().value == Approx(repeated.mean_absolute().value).epsilon(1e-14));
  CHECK(weighted.r_squared().value == Approx(repeated.r_squared().value).epsilon(1e-14));
  CHECK(classes.error_rate().value == Approx(often.error_rate().value).epsilon(1e-14));
  CHECK(classes.log_loss().value == Approx(often.log_loss().value).epsilon(1e-14));
  // A row that comes twice is not two independent rows.
  CHECK(weighted.root_mean_square().high > repeated.root_mean_square().high);
}

TEST_CASE("weighted intervals cover the truth as often as they say", "[metrics]") {
  // As above, every row with a weight of its own, independent of its error.
  std::mt19937_64 random(2);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(0.0, 3.0);
  constexpr int kDraws = 2000;
  int rmse = 0;
  int r2 = 0;
  for (int draw = 0; draw < kDraws; ++draw) {
    RegressionErrors errors;
    for (int i = 0; i < 1000; ++i) {
      const double x = 3.0 + 2.0 * normal(random);
      errors.add(x + normal(random), x, uniform(random));
    }
    const auto covers = [](const Metric& m, double truth) {
      return m.low <= truth && truth <= m.high ? 1 : 0;
    };
    rmse += covers(errors.root_mean_square(), 1.0);
    r2 += covers(errors.r_squared(), 0.8);
  }
  for (const int covered : {rmse, r2}) {
    CHECK(covered > 0.908 * kDraws);
    CHECK(covered < 0.992 * kDraws);
  }
}
