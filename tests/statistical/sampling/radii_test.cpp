// SPDX-License-Identifier: Apache-2.0
#include "support/statistics.hpp"

#include "bochner/random/stream.hpp"
#include "random/complementary_chi.hpp"

#include <boost/math/distributions/chi_squared.hpp>
#include <catch2/catch.hpp>

#include <cmath>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr std::size_t kRows = 50000;

std::vector<double> squared_radii(Index degrees) {
  std::vector<double> squares(kRows);
  for (std::size_t row = 0; row < kRows; ++row) {
    const double radius = Stream({1}, Purpose::radii, row).chi(degrees);
    squares[row] = radius * radius;
  }
  return squares;
}

double sum_of_squares_about(std::span<const double> values, double centre) {
  double sum = 0.0;
  for (const double value : values) sum += (value - centre) * (value - centre);
  return sum;
}

}  // namespace

TEST_CASE("squared radii are chi-squared", "[chi]") {
  for (const Index d : {1, 3, 16, 65}) {
    const std::vector<double> squares = squared_radii(d);
    const auto degrees = static_cast<double>(d);
    const double n = kRows;
    const boost::math::chi_squared law(degrees);
    check_p_value(ks_p_value(squares, [&](double x) { return boost::math::cdf(law, x); }));
    // The sum of all of them is chi-squared too, exactly.
    check_p_value(chi_squared_p_value(n * mean(squares), n * degrees));
    // Mean square deviation 2 d; its variance is (mu_4 - (2 d)^2) / n with mu_4 = 12 d (d + 4).
    check_z(sum_of_squares_about(squares, degrees) / n, 2 * degrees,
            std::sqrt(8 * degrees * (degrees + 6) / n));
  }
}

TEST_CASE("complementary radii are chi too, and go against the ones they complement", "[chi]") {
  for (const Index d : {2, 3, 16, 65}) {
    const std::vector<double> squares = squared_radii(d);
    std::vector<double> others;
    for (const double square : squares) {
      others.push_back(std::pow(complementary_chi(std::sqrt(square), d), 2));
    }
    const boost::math::chi_squared law(static_cast<double>(d));
    check_p_value(ks_p_value(others, [&](double x) { return boost::math::cdf(law, x); }));
    // The mean of the pair's sum is 2d, and would be as spread as 4d per row were they independent.
    double spread = 0.0;
    for (std::size_t i = 0; i < kRows; ++i) {
      spread += std::pow(squares[i] + others[i] - 2.0 * static_cast<double>(d), 2);
    }
    CHECK(spread / static_cast<double>(kRows) < 2.0 * static_cast<double>(d));
  }
}

TEST_CASE("radii with one degree of freedom missing are caught", "[chi][twin]") {
  for (const Index d : {3, 16, 65}) {
    const std::vector<double> squares = squared_radii(d - 1);
    const auto degrees = static_cast<double>(d);
    const boost::math::chi_squared law(degrees);
    caught_p_value(ks_p_value(squares, [&](double x) { return boost::math::cdf(law, x); }));
    caught_p_value(chi_squared_p_value(kRows * mean(squares), kRows * degrees));
  }
}

TEST_CASE("constant radii are caught", "[chi][twin]") {
  const std::vector<double> squares(kRows, 16.0);
  const boost::math::chi_squared law(16);
  caught_p_value(ks_p_value(squares, [&](double x) { return boost::math::cdf(law, x); }));
}
