// SPDX-License-Identifier: Apache-2.0
#include "pipeline/column_moments.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

using bochner::pipeline::ColumnMoments;
using bochner::pipeline::same_but_for_rounding;

namespace {

/// With an exponent for the squares of the largest and smallest doubles.
using Wide = boost::multiprecision::cpp_bin_float_100;

struct Truth {
  double mean;
  double deviation;
};

Truth truth(const std::vector<double>& numbers, const std::vector<double>& weights) {
  Wide weight = 0;
  Wide sum = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    weight += weights[i];
    sum += Wide(weights[i]) * numbers[i];
  }
  const Wide mean = sum / weight;
  Wide squares = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    squares += weights[i] * (numbers[i] - mean) * (numbers[i] - mean);
  }
  return {mean.convert_to<double>(), sqrt(squares / weight).convert_to<double>()};
}

}  // namespace

TEST_CASE("mean and deviation are right for numbers of any size", "[moments]") {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  for (const double scale : {1e-310, 1e-300, 1e-170, 1e-30, 1.0, 1e30, 1e160, 1e300}) {
    for (const double offset : {0.0, 1.0, 1e3, 1e6}) {
      ColumnMoments moments;
      std::vector<double> numbers;
      std::vector<double> weights;
      for (int i = 0; i < 500; ++i) {
        numbers.push_back(scale * (offset + normal(random)));
        weights.push_back(i % 7 == 0 ? 0.0 : 0.25 * (i % 5 + 1));
        moments.add(numbers.back(), weights.back());
      }
      const Truth expected = truth(numbers, weights);
      INFO("scale " << scale << ", offset " << offset);
      // Denormal numbers have the digits they have.
      const double least = std::numeric_limits<double>::denorm_min();
      // A mean is good to a few units in its last place; the deviation to as many of the mean's.
      const double rounding = 1e-14 * std::abs(expected.mean) + least;
      CHECK(std::abs(moments.mean() - expected.mean) <= rounding);
      CHECK(std::abs(moments.deviation() - expected.deviation) <=
            rounding + 1e-13 * expected.deviation);
      CHECK_FALSE(moments.constant());
    }
  }
}

TEST_CASE("one absurd number does not make a deviation infinite", "[moments]") {
  const double largest = std::numeric_limits<double>::max();
  for (const double absurd : {1e160, 1.79769313486e+308, largest, -largest}) {
    ColumnMoments moments;
    std::vector<double> numbers = {1.0, 2.0, -1e-170, 0.0, absurd, 3.0};
    for (const double number : numbers) moments.add(number);
    const Truth expected = truth(numbers, std::vector<double>(numbers.size(), 1.0));
    CHECK(moments.mean() == Approx(expected.mean).epsilon(1e-14));
    CHECK(moments.deviation() == Approx(expected.deviation).epsilon(1e-14));
  }
  ColumnMoments both;
  both.add(largest);
  both.add(-largest);
  CHECK(both.mean() == 0.0);
  CHECK(both.deviation() == largest);
}

TEST_CASE("moderate numbers have the bits of the plain recurrence", "[moments]") {
  std::mt19937_64 random(2);
  std::normal_distribution<double> normal;
  ColumnMoments moments;
  double mean = 0.0;
  double squares = 0.0;
  for (int i = 1; i <= 1000; ++i) {
    const double x = std::exp(3.0 * normal(random)) - 1.0;
    moments.add(x);
    const double before = x - mean;
    mean += before / i;
    squares += before * (x - mean);
  }
  CHECK(moments.mean() == mean);
  CHECK(moments.deviation() == std::sqrt(squares / 1000));
}

TEST_CASE("a column is constant when it is so up to rounding", "[moments]") {
  CHECK(same_but_for_rounding(0.0, 0.0));
  CHECK(same_but_for_rounding(0.3, 0.1 + 0.2));
  CHECK(same_but_for_rounding(-0.1 - 0.2, -0.3));
  CHECK(same_but_for_rounding(5e-324, 5e-324));
  CHECK_FALSE(same_but_for_rounding(0.0, 5e-324));
  CHECK_FALSE(same_but_for_rounding(1.0, 1.0 + 1e-13));
  CHECK_FALSE(same_but_for_rounding(-1.7e308, 1.7e308));
  // Time stamps a millisecond apart.
  CHECK_FALSE(same_but_for_rounding(1.6e9, 1.6e9 + 0.001));
  ColumnMoments absent;
  absent.add(2.0);
  absent.add(3.0, 0.0);
  CHECK(absent.constant());
}
