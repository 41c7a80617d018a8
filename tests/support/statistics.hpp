// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

/// \file
/// Statistical assertions whose false alarms are accounted for: over one run of the whole suite, on
/// fresh seeds, correct code fails any of them with probability below `kFamilyFalseAlarm`. Each of
/// at most `kPrograms` test programs may assert `kAssertionsPerProgram` times (a program that
/// asserts more fails, and statistical.sampling counts the programs), and each assertion has an
/// equal share of the rate: about 6.3 sigma.
///
/// The null distribution must be exact: sigma from a closed form, never from the sample. A
/// `check_...` has a twin `caught_...`, which feeds a deliberately wrong sampler and must reject.

namespace bochner::testing {

inline constexpr double kFamilyFalseAlarm = 1e-6;
inline constexpr int kPrograms = 30;
inline constexpr int kAssertionsPerProgram = 100;
inline constexpr double kFalseAlarm = kFamilyFalseAlarm / (kPrograms * kAssertionsPerProgram);

/// The deviation, in sigmas, that a normal variable exceeds on either side with probability
/// `kFalseAlarm`.
inline double sigmas() {
  static const double quantile =
      boost::math::quantile(boost::math::complement(boost::math::normal(), kFalseAlarm / 2));
  return quantile;
}

/// Takes one assertion from the program's share.
inline void spend_assertion() {
  static int spent = 0;
  if (++spent > kAssertionsPerProgram) {
    FAIL("more than " << kAssertionsPerProgram << " statistical assertions in one program");
  }
}

/// `estimate` is normal, in effect, with mean `expected` and standard deviation `sigma`.
inline void check_z(double estimate, double expected, double sigma, int line = __builtin_LINE()) {
  spend_assertion();
  const double z = (estimate - expected) / sigma;
  INFO("line " << line << ": " << estimate << ", expected " << expected << " +- " << sigma);
  CHECK(std::fabs(z) <= sigmas());
}

/// The same claim, made of a wrong sampler: rejected.
inline void caught_z(double estimate, double expected, double sigma, int line = __builtin_LINE()) {
  const double z = (estimate - expected) / sigma;
  INFO("line " << line << ": " << estimate << ", not " << expected << " +- " << sigma);
  CHECK(std::fabs(z) > sigmas());
}

/// `p` is uniform on (0, 1), or larger in law, when the code is right.
inline void check_p_value(double p, int line = __builtin_LINE()) {
  spend_assertion();
  INFO("line " << line);
  CHECK(p >= kFalseAlarm);
}

inline void caught_p_value(double p, int line = __builtin_LINE()) {
  INFO("line " << line);
  CHECK(p < kFalseAlarm);
}

/// Two-sided p-value of a statistic that is chi-squared distributed.
inline double chi_squared_p_value(double statistic, double degrees) {
  const boost::math::chi_squared law(degrees);
  return 2 * std::min(boost::math::cdf(law, statistic),
                      boost::math::cdf(boost::math::complement(law, statistic)));
}

/// sup |F_n - F| for values already mapped by F, so uniform on (0, 1).
inline double uniform_distance(std::vector<double> u) {
  std::sort(u.begin(), u.end());
  const auto n = static_cast<double>(u.size());
  double distance = 0.0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    const auto below = static_cast<double>(i);
    distance = std::max({distance, u[i] - below / n, (below + 1) / n - u[i]});
  }
  return distance;
}

/// P(sup |F_n - F| > distance) by Kolmogorov's series, 2 sum_k (-1)^(k-1) exp(-2 k^2 n distance^2).
/// Its first term bounds the probability for every n [Massart90], so that a rejection at a small
/// level is never too easy.
inline double kolmogorov_p_value(double n, double distance) {
  const double exponent = 2 * n * distance * distance;
  double sum = 0.0;
  for (int k = 1; k <= 100; ++k) {
    const double term = std::exp(-exponent * k * k);
    sum += k % 2 == 1 ? term : -term;
    if (term <= 1e-17 * sum) return std::min(2 * sum, 1.0);
  }
  return 1.0;
}

/// Kolmogorov and Smirnov's p-value of `values` under the distribution function `cdf`.
template <class Cdf>
double ks_p_value(std::span<const double> values, const Cdf& cdf) {
  std::vector<double> u(values.size());
  std::transform(values.begin(), values.end(), u.begin(), cdf);
  return kolmogorov_p_value(static_cast<double>(values.size()), uniform_distance(std::move(u)));
}

inline double uniform_cdf(double x) { return std::clamp(x, 0.0, 1.0); }
inline double normal_cdf(double x) { return boost::math::cdf(boost::math::normal(), x); }

inline void check_uniform_ks(std::span<const double> values, int line = __builtin_LINE()) {
  check_p_value(ks_p_value(values, uniform_cdf), line);
}

inline void check_normal_ks(std::span<const double> values, int line = __builtin_LINE()) {
  check_p_value(ks_p_value(values, normal_cdf), line);
}

inline void caught_normal_ks(std::span<const double> values, int line = __builtin_LINE()) {
  caught_p_value(ks_p_value(values, normal_cdf), line);
}

inline double mean(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

struct SampleMean {
  double mean = 0.0;
  double standard_error = 0.0;
};

inline SampleMean mean_with_error(std::span<const double> values) {
  const double centre = mean(values);
  double square = 0.0;
  for (const double value : values) square += (value - centre) * (value - centre);
  const auto n = static_cast<double>(values.size());
  return {centre, std::sqrt(square / (n - 1.0) / n)};
}

}  // namespace bochner::testing
