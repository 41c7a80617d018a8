// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
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
double sigmas();

/// Takes one assertion from the program's share.
void spend_assertion();

/// `estimate` is normal, in effect, with mean `expected` and standard deviation `sigma`.
void check_z(double estimate, double expected, double sigma, int line = __builtin_LINE());

/// The same claim, made of a wrong sampler: rejected.
void caught_z(double estimate, double expected, double sigma, int line = __builtin_LINE());

/// `p` is uniform on (0, 1), or larger in law, when the code is right.
void check_p_value(double p, int line = __builtin_LINE());
void caught_p_value(double p, int line = __builtin_LINE());

/// Two-sided p-value of a statistic that is chi-squared distributed.
double chi_squared_p_value(double statistic, double degrees);

/// sup |F_n - F| for values already mapped by F, so uniform on (0, 1).
double uniform_distance(std::vector<double> u);

/// P(sup |F_n - F| > distance) by Kolmogorov's series, 2 sum_k (-1)^(k-1) exp(-2 k^2 n distance^2).
/// Its first term bounds the probability for every n [Massart90], so that a rejection at a small
/// level is never too easy.
double kolmogorov_p_value(double n, double distance);

/// Kolmogorov and Smirnov's p-value of `values` under the distribution function `cdf`.
template <class Cdf>
double ks_p_value(std::span<const double> values, const Cdf& cdf) {
  std::vector<double> u(values.size());
  std::transform(values.begin(), values.end(), u.begin(), cdf);
  return kolmogorov_p_value(static_cast<double>(values.size()), uniform_distance(std::move(u)));
}

inline double uniform_cdf(double x) { return std::clamp(x, 0.0, 1.0); }
double normal_cdf(double x);

void check_uniform_ks(std::span<const double> values, int line = __builtin_LINE());
void check_normal_ks(std::span<const double> values, int line = __builtin_LINE());
void caught_normal_ks(std::span<const double> values, int line = __builtin_LINE());

double mean(std::span<const double> values);

struct SampleMean {
  double mean = 0.0;
  double standard_error = 0.0;
};

SampleMean mean_with_error(std::span<const double> values);

}  // namespace bochner::testing
