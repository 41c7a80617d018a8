// SPDX-License-Identifier: Apache-2.0
#include <bochner/estimator/weighted_chi_square.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <boost/math/special_functions/gamma.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

using Wide = boost::multiprecision::cpp_bin_float_50;

/// Of weights that each occur twice: a sum of exponential variables with different means.
Wide tail_of_pairs(const std::vector<double>& different, double x) {
  Wide sum = 0;
  for (const double a : different) {
    Wide share = 1;
    for (const double b : different) {
      if (b != a) share *= Wide(a) / (Wide(a) - Wide(b));
    }
    sum += share * exp(-Wide(x) / (2 * Wide(a)));
  }
  return sum;
}

std::vector<double> twice(const std::vector<double>& different) {
  std::vector<double> out = different;
  out.insert(out.end(), different.begin(), different.end());
  return out;
}

double relative(double found, const Wide& expected) {
  return static_cast<double>(abs(Wide(found) - expected) / expected);
}

}  // namespace

TEST_CASE("equal weights have a chi-squared law", "[chi-square]") {
  for (const int n : {1, 2, 3, 10, 500, 20'000}) {
    for (const double unit : {1e-200, 0.3, 1.0, 7e150}) {
      const std::vector<double> weights(static_cast<std::size_t>(n), unit);
      for (const double quotient : {1e-6, 0.1, 0.7, 0.99, 1.0, 1.01, 1.5, 3.0}) {
        const double x = quotient * n;
        const double lower = boost::math::gamma_p(0.5 * n, 0.5 * x);
        const double upper = boost::math::gamma_q(0.5 * n, 0.5 * x);
        const double found = weighted_chi_square_tail(weights, x * unit);
        INFO(n << " weights of " << unit << ", x " << x);
        // Both are sums of n terms, or exponentials of what has so many digits.
        const double tolerance = 1e-12 + 1e-15 * n;
        CHECK(std::abs(found - upper) <= tolerance * std::min(lower, upper) + 2.3e-16);
        for (const ChiSquareLaw law :
             {ChiSquareLaw::satterthwaite_welch, ChiSquareLaw::hall_buckley_eagleson,
              ChiSquareLaw::lindsay_pilla_basak}) {
          CHECK(weighted_chi_square_tail(weights, x * unit, law) ==
                Approx(upper).epsilon(1e-5).margin(1e-12));
        }
      }
    }
  }
}

TEST_CASE("pairs of weights have the law of a sum of exponentials", "[chi-square]") {
  for (const std::vector<double>& different : {std::vector<double>{1.0, 0.5},
                                               {1.0, 0.999},
                                               {1.0, 1e-3},
                                               {3.0, 2.0, 1.0, 0.5, 0.25},
                                               {1.0, 0.1, 0.01, 1e-3, 1e-4}}) {
    const std::vector<double> weights = twice(different);
    double mean = 0.0;
    for (const double w : weights) mean += w;
    for (const double quotient : {0.01, 0.2, 0.9, 1.0, 1.1, 2.0, 5.0, 20.0, 100.0}) {
      const double x = quotient * mean;
      const Wide upper = tail_of_pairs(different, x);
      const double found = weighted_chi_square_tail(weights, x);
      INFO("largest weight " << different.front() << ", of " << different.size() << ", x " << x);
      CHECK(abs(Wide(found) - upper) <= 1e-12 * std::min(upper, Wide(1) - upper) + Wide(2.3e-16));
      if (quotient > 1.0 && upper > 1e-280) CHECK(relative(found, upper) < 1e-12);
    }
  }
}

TEST_CASE("an odd number of weights agrees with a numerical convolution", "[chi-square]") {
  // P(a X + b Y + c Y' > x), Y and Y' a pair of equal weights: the mean over X = z^2 of the
  // exponential tail, by the trapezoidal rule in z, whose error is beyond double's digits.
  const double a = 0.6;
  const double b = 1.0;
  for (const double x : {0.1, 1.0, 4.0, 15.0, 60.0}) {
    double sum = 0.0;
    constexpr double kStep = 1.0 / 4096.0;
    const double edge = std::sqrt(x / a);
    for (double z = 0.5 * kStep; z < 40.0; z += kStep) {
      const double rest = x - a * z * z;
      const double tail = z < edge ? std::exp(-rest / (2.0 * b)) : 1.0;
      sum += std::exp(-0.5 * z * z) * tail;
    }
    const double expected = 2.0 * kStep * sum / std::sqrt(2.0 * std::acos(-1.0));
    CHECK(weighted_chi_square_tail(std::vector<double>{b, a, b}, x) ==
          Approx(expected).epsilon(1e-7));
  }
}

TEST_CASE("laws by moments are near the law itself, the better the more moments they have",
          "[chi-square]") {
  std::vector<double> weights;
  for (int i = 0; i < 25; ++i) weights.push_back(std::exp(-0.3 * i));
  double mean = 0.0;
  for (const double w : weights) mean += w;
  std::array<double, 4> worst{};
  for (double quotient = 0.2; quotient < 5.0; quotient += 0.05) {
    const double x = quotient * mean;
    const double exact = weighted_chi_square_tail(weights, x);
    for (std::size_t law = 0; law < worst.size(); ++law) {
      const double found = weighted_chi_square_tail(weights, x, static_cast<ChiSquareLaw>(law));
      worst[law] = std::max(worst[law], std::abs(found - exact));
    }
  }
  CHECK(worst[0] == 0.0);
  CHECK(worst[1] < 0.03);
  CHECK(worst[2] < 0.8 * worst[1]);
  CHECK(worst[3] < 0.1 * worst[2]);
}

TEST_CASE("the tail of nothing, of zeros and at the ends", "[chi-square]") {
  const std::vector<double> none, zeros{0.0, 0.0}, some{2.0, 0.0, 1.0};
  for (std::size_t i = 0; i < names_of(ChiSquareLaw{}).size(); ++i) {
    const auto law = static_cast<ChiSquareLaw>(i);
    for (const auto& weights : {none, zeros}) {
      CHECK(weighted_chi_square_tail(weights, -1.0, law) == 1.0);
      CHECK(weighted_chi_square_tail(weights, 0.0, law) == 0.0);
    }
    CHECK(weighted_chi_square_tail(some, 0.0, law) == 1.0);
    CHECK(weighted_chi_square_tail(some, -5.0, law) == 1.0);
    CHECK(weighted_chi_square_tail(some, 1e300, law) == 0.0);
    CHECK(weighted_chi_square_tail(some, 3.0, law) ==
          weighted_chi_square_tail(std::vector<double>{2.0, 1.0}, 3.0, law));
    CHECK(weighted_chi_square_tail(some, 1e-300, law) == Approx(1.0));
  }
}

TEST_CASE("weights that make no law are refused by name", "[chi-square]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto tail = [](std::vector<double> weights, double x) {
    return weighted_chi_square_tail(weights, x);
  };
  CHECK_THROWS_WITH(tail({1.0, -0.5}, 1.0),
                    Contains("weighted_chi_square_tail: weights[1] is -0.5, expected 0 or more"));
  CHECK_THROWS_WITH(tail({nan}, 1.0), Contains("weights[0] is nan"));
  CHECK_THROWS_WITH(tail({1.0}, nan), Contains("x is nan"));
}
