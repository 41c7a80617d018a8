// SPDX-License-Identifier: Apache-2.0
#include "random/laws.hpp"

#include "support/statistics.hpp"

#include <boost/math/distributions/cauchy.hpp>
#include <boost/math/distributions/exponential.hpp>
#include <boost/math/distributions/gamma.hpp>
#include <boost/math/distributions/laplace.hpp>
#include <catch2/catch.hpp>

#include <cmath>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr std::size_t kDraws = 50000;

template <class Draw>
std::vector<double> over_items(const Draw& draw) {
  std::vector<double> values(kDraws);
  for (std::size_t item = 0; item < kDraws; ++item) {
    values[item] = draw(Stream({1}, Purpose::scales, item));
  }
  return values;
}

template <class Law>
double p_value(std::span<const double> values, const Law& law) {
  return ks_p_value(values, [&](double x) { return boost::math::cdf(law, x); });
}

std::vector<double> gammas(double shape) {
  return over_items([=](const Stream& stream) { return draw_gamma(stream, shape); });
}

std::vector<double> stables(double index) {
  return over_items([=](const Stream& stream) { return draw_positive_stable(stream, index); });
}

/// z of the mean of exp(-t S) against exp(-t^a), sigma from the law itself.
double laplace_transform(std::span<const double> values, double t) {
  double sum = 0.0;
  for (const double value : values) sum += std::exp(-t * value);
  return sum / static_cast<double>(values.size());
}

double laplace_sigma(double t, double index) {
  const double first = std::exp(-std::pow(t, index));
  return std::sqrt((std::exp(-std::pow(2 * t, index)) - first * first) / kDraws);
}

}  // namespace

TEST_CASE("exponential, Laplace and Cauchy draws have their laws", "[laws]") {
  const Stream stream({2}, Purpose::scales);
  std::vector<double> x(kDraws), y(kDraws), z(kDraws);
  for (std::size_t i = 0; i < kDraws; ++i) {
    x[i] = draw_exponential(stream, i);
    y[i] = draw_laplace(stream, i);
    z[i] = draw_cauchy(stream, i);
  }
  check_p_value(p_value(x, boost::math::exponential(1)));
  check_p_value(p_value(y, boost::math::laplace(0, 1)));
  check_p_value(p_value(z, boost::math::cauchy(0, 1)));
  caught_p_value(p_value(y, boost::math::laplace(0, 1.2)));
  caught_p_value(p_value(z, boost::math::cauchy(0, 1.2)));
}

TEST_CASE("gamma draws have their law", "[laws]") {
  for (const double shape : {0.1, 0.5, 1.0, 1.5, 10.0, 1000.0}) {
    check_p_value(p_value(gammas(shape), boost::math::gamma_distribution<>(shape, 1)));
  }
}

TEST_CASE("wrong gamma draws are caught", "[laws][twin]") {
  caught_p_value(p_value(gammas(1.5), boost::math::gamma_distribution<>(1.55, 1)));
  // Without the boost, a draw at shape + 1.
  caught_p_value(p_value(gammas(1.5), boost::math::gamma_distribution<>(0.5, 1)));
  // Rate for scale.
  caught_p_value(p_value(gammas(1.5), boost::math::gamma_distribution<>(1.5, 2)));
}

TEST_CASE("positive stable draws have their Laplace transform", "[laws]") {
  for (const double index : {0.15, 0.5, 0.75, 0.95}) {
    const std::vector<double> s = stables(index);
    for (const double t : {0.1, 1.0, 4.0}) {
      check_z(laplace_transform(s, t), std::exp(-std::pow(t, index)), laplace_sigma(t, index));
    }
  }
}

TEST_CASE("the stable law of index one half is Levy's", "[laws]") {
  const auto levy = [](double x) { return std::erfc(0.5 / std::sqrt(x)); };
  check_p_value(ks_p_value(stables(0.5), levy));
  // Levy's with c = 1 is 2 S: the classical factor of two.
  caught_p_value(ks_p_value(stables(0.5), [](double x) { return std::erfc(std::sqrt(0.5 / x)); }));
}

TEST_CASE("wrong stable draws are caught", "[laws][twin]") {
  for (const double index : {0.5, 0.75}) {
    caught_z(laplace_transform(stables(index + 0.02), 4.0), std::exp(-std::pow(4.0, index)),
             laplace_sigma(4.0, index));
  }
}

TEST_CASE("gamma and stable draws from one stream are independent", "[laws]") {
  // Ranks of the two, each uniform and centred: their product has mean 0 and variance 1/144.
  const boost::math::gamma_distribution<> gamma(0.7, 1);
  double sum = 0.0;
  const std::vector<double> g = gammas(0.7);
  const std::vector<double> s = stables(0.5);
  for (std::size_t i = 0; i < kDraws; ++i) {
    sum += (boost::math::cdf(gamma, g[i]) - 0.5) * (std::erfc(0.5 / std::sqrt(s[i])) - 0.5);
  }
  check_z(sum / kDraws, 0.0, std::sqrt(1.0 / 144 / kDraws));
}
