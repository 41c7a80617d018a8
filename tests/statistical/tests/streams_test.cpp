// SPDX-License-Identifier: Apache-2.0
#include "support/statistics.hpp"

#include <bochner/client/gram/change_detector.hpp>
#include <bochner/client/gram/mean_embedding.hpp>

#include <boost/math/distributions/binomial.hpp>

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr Index kFrequencies = 8;
constexpr double kDecay = 0.9;

FeatureMap<double> map() {
  return FeatureMap<double>(
      {.input_dim = 1, .num_frequencies = kFrequencies, .kernel = GaussianKernel{}, .seed = {9}});
}

Matrix<double> normals(Index rows, std::uint64_t seed) {
  Matrix<double> x(rows, 1);
  Stream(Seed{seed}, Purpose::study).normals(0, {x.data(), static_cast<std::size_t>(rows)});
  return x;
}

/// tr Sigma, tr Sigma^2 and mu^T Sigma mu, mu the mean, of the features of a standard normal x: E
/// cos(w x) cos(v x) and E sin(w x) sin(v x) are means of e^(-(w - v)^2 / 2) and +-e^(-(w + v)^2 /
/// 2), and E cos(w x) is e^(-w^2 / 2).
struct Covariance {
  double trace = 1.0;
  double square = 0.0;
  double along_mean = 0.0;

  Covariance() {
    const Matrix<double> w = map().frequencies();
    const double m = kFrequencies;
    const auto e = [](double a) { return std::exp(-0.5 * a * a); };
    for (Index i = 0; i < kFrequencies; ++i) {
      trace -= e(w(i, 0)) * e(w(i, 0)) / m;
      for (Index j = 0; j < kFrequencies; ++j) {
        const double apart = e(w(i, 0) - w(j, 0));
        const double together = e(w(i, 0) + w(j, 0));
        const double cosines = 0.5 * (apart + together) - e(w(i, 0)) * e(w(j, 0));
        const double sines = 0.5 * (apart - together);
        square += (cosines * cosines + sines * sines) / (m * m);
        along_mean += e(w(i, 0)) * cosines * e(w(j, 0)) / (m * m);
      }
    }
  }
};

/// sum w, sum w^2, sum w^3 and sum w^4 of weights 1, decay, decay^2, ...
struct Weights {
  double first = 0.0;
  double second = 0.0;
  double third = 0.0;
  double fourth = 0.0;

  explicit Weights(Index rows) {
    for (Index i = 0; i < rows; ++i) {
      const double w = std::pow(kDecay, static_cast<double>(i));
      first += w;
      second += w * w;
      third += w * w * w;
      fourth += w * w * w * w;
    }
  }
};

MeanEmbedding<double> faded(Index rows, std::uint64_t seed) {
  MeanEmbedding<double> out(map());
  const Matrix<double> x = normals(rows, seed);
  for (Index i = 0; i < rows; ++i) {
    out.decay(kDecay);
    out.add(x.view().middle_rows(i, 1));
  }
  return out;
}

/// How many of the streams end with a false alarm; `memory` is how much of a row the next one
/// keeps.
int alarms(int streams, Index rows, double rate, double memory) {
  int count = 0;
  for (int s = 0; s < streams; ++s) {
    Matrix<double> x = normals(rows, static_cast<std::uint64_t>(s) + 900000);
    for (Index i = 1; i < rows; ++i) {
      x(i, 0) = memory * x(i - 1, 0) + std::sqrt(1.0 - memory * memory) * x(i, 0);
    }
    count += !ChangeDetector<double>(map(), {.false_alarm_rate = rate}).add(x.view()).empty();
  }
  return count;
}

/// P(as many alarms or more), at a rate of alarms.
double alarms_p_value(int count, int streams, double rate) {
  if (count == 0) return 1.0;
  return boost::math::cdf(boost::math::complement(boost::math::binomial(streams, rate), count - 1));
}

}  // namespace

TEST_CASE("distances of faded samples are unbiased", "[embedding]") {
  constexpr int kReplicates = 3000;
  constexpr Index kFirst = 30;
  constexpr Index kSecond = 20;
  const Covariance sigma;
  std::vector<double> values;
  std::vector<double> wrong;
  for (int r = 0; r < kReplicates; ++r) {
    const auto seed = static_cast<std::uint64_t>(2 * r);
    const MeanEmbedding<double> first = faded(kFirst, seed);
    const MeanEmbedding<double> second = faded(kSecond, seed + 1);
    values.push_back(first.distance(second).squared);
    // The twin: rows by number, as if all weighed the same.
    const double length = first.distance(second).error;
    wrong.push_back(values.back() + length * length - sigma.trace / kFirst - sigma.trace / kSecond);
  }
  const Weights a(kFirst);
  const Weights b(kSecond);
  const auto within = [](const Weights& w) {
    const double pairs = w.first * w.first - w.second;
    return 2.0 * (w.second * w.second - w.fourth) / (pairs * pairs);
  };
  const double between = 4.0 * a.second * b.second / (a.first * a.first * b.first * b.first);
  const double deviation =
      std::sqrt(sigma.square * (within(a) + within(b) + between) / kReplicates);
  check_z(mean(values), 0.0, deviation);
  caught_z(mean(wrong), 0.0, deviation);
}

TEST_CASE("the error of a distance is what chance makes of it", "[embedding]") {
  // |mean - mean'|^2 of two samples of one law has the mean error^2.
  constexpr int kReplicates = 3000;
  constexpr Index kRows = 30;
  const Covariance sigma;
  const Weights w(kRows);
  const double share = w.second / (w.first * w.first);
  const double expected = 2.0 * sigma.trace * share;
  std::vector<double> lengths;
  std::vector<double> errors;
  for (int r = 0; r < kReplicates; ++r) {
    const auto seed = static_cast<std::uint64_t>(2 * r) + 400000;
    const EmbeddingDistance found = faded(kRows, seed).distance(faded(kRows, seed + 1));
    errors.push_back(found.error * found.error);
    lengths.push_back(found.squared + errors.back());
  }
  // Both estimate `expected`, and differ by an unbiased discrepancy.
  const double pairs = w.first * w.first - w.second;
  const double variance = sigma.square * (4.0 * (w.second * w.second - w.fourth) / (pairs * pairs) +
                                          4.0 * share * share);
  const double deviation = std::sqrt(variance / kReplicates);
  check_z(mean(lengths) - mean(errors), 0.0, deviation);
  // tr Sigma is 1 - |mu|^2, and the variance of the estimate of |mu|^2 that of a U-statistic.
  const double linear = w.first * w.first * w.second - 2.0 * w.first * w.third + w.fourth;
  const double length_variance =
      (4.0 * sigma.along_mean * linear + 2.0 * sigma.square * (w.second * w.second - w.fourth)) /
      (pairs * pairs);
  const double error_deviation = share * std::sqrt(2.0 * length_variance / kReplicates);
  check_z(mean(errors), expected, error_deviation);
  // The twin: as many rows as were added.
  caught_z(mean(errors), 2.0 * sigma.trace / kRows, error_deviation);
}

TEST_CASE("a stream of one law is taken for a change at most so often", "[change]") {
  constexpr int kStreams = 200;
  constexpr double kRate = 0.2;
  check_p_value(alarms_p_value(alarms(kStreams, 400, kRate, 0.0), kStreams, kRate));
  // The twin: rows that remember the ones before.
  caught_p_value(alarms_p_value(alarms(kStreams, 400, kRate, 0.995), kStreams, kRate));
}
