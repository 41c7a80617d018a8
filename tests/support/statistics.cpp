// SPDX-License-Identifier: Apache-2.0
#include "support/statistics.hpp"

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace bochner::testing {

double sigmas() {
  static const double quantile =
      boost::math::quantile(boost::math::complement(boost::math::normal(), kFalseAlarm / 2));
  return quantile;
}

void spend_assertion() {
  static int spent = 0;
  if (++spent > kAssertionsPerProgram) {
    FAIL("more than " << kAssertionsPerProgram << " statistical assertions in one program");
  }
}

void check_z(double estimate, double expected, double sigma, int line) {
  spend_assertion();
  const double z = (estimate - expected) / sigma;
  INFO("line " << line << ": " << estimate << ", expected " << expected << " +- " << sigma);
  CHECK(std::fabs(z) <= sigmas());
}

void caught_z(double estimate, double expected, double sigma, int line) {
  const double z = (estimate - expected) / sigma;
  INFO("line " << line << ": " << estimate << ", not " << expected << " +- " << sigma);
  CHECK(std::fabs(z) > sigmas());
}

void check_p_value(double p, int line) {
  spend_assertion();
  INFO("line " << line);
  CHECK(p >= kFalseAlarm);
}

void caught_p_value(double p, int line) {
  INFO("line " << line);
  CHECK(p < kFalseAlarm);
}

double chi_squared_p_value(double statistic, double degrees) {
  const boost::math::chi_squared law(degrees);
  return 2 * std::min(boost::math::cdf(law, statistic),
                      boost::math::cdf(boost::math::complement(law, statistic)));
}

double uniform_distance(std::vector<double> u) {
  std::sort(u.begin(), u.end());
  const auto n = static_cast<double>(u.size());
  double distance = 0.0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    const auto below = static_cast<double>(i);
    distance = std::max({distance, u[i] - below / n, (below + 1) / n - u[i]});
  }
  return distance;
}

double kolmogorov_p_value(double n, double distance) {
  const double exponent = 2 * n * distance * distance;
  double sum = 0.0;
  for (int k = 1; k <= 100; ++k) {
    const double term = std::exp(-exponent * k * k);
    sum += k % 2 == 1 ? term : -term;
    if (term <= 1e-17 * sum) return std::min(2 * sum, 1.0);
  }
  return 1.0;
}

double normal_cdf(double x) { return boost::math::cdf(boost::math::normal(), x); }

void check_uniform_ks(std::span<const double> values, int line) {
  check_p_value(ks_p_value(values, uniform_cdf), line);
}

void check_normal_ks(std::span<const double> values, int line) {
  check_p_value(ks_p_value(values, normal_cdf), line);
}

void caught_normal_ks(std::span<const double> values, int line) {
  caught_p_value(ks_p_value(values, normal_cdf), line);
}

double mean(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

SampleMean mean_with_error(std::span<const double> values) {
  const double centre = mean(values);
  double square = 0.0;
  for (const double value : values) square += (value - centre) * (value - centre);
  const auto n = static_cast<double>(values.size());
  return {centre, std::sqrt(square / (n - 1.0) / n)};
}

}  // namespace bochner::testing
