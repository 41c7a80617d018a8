// SPDX-License-Identifier: Apache-2.0
#include "support/statistics.hpp"

#include <bochner/estimator/feature_error.hpp>

#include <array>
#include <cmath>
#include <span>
#include <vector>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr Index kDim = 4;
constexpr int kDraws = 4000;

/// E (r^2 u^2)^j / j! for a row of radius r of the law chi(d) and a direction whose first
/// coordinate is u, over (d/2)_j, which all rows of a block share: 2^j (d/2)_j (1/2)_j / j!. Powers
/// of the series up to z^4 give the moments of sums over a block, whose u^2 are Dirichlet(1/2, ...,
/// 1/2).
std::array<double, 5> block_moments() {
  constexpr double kHalf = kDim / 2.0;
  const auto rising = [](double a, int j) {
    double out = 1.0;
    for (int k = 0; k < j; ++k) out *= a + k;
    return out;
  };
  std::array<double, 5> row{}, power{1.0};
  double factorial = 1.0;
  for (int j = 0; j < 5; ++j) {
    if (j > 0) factorial *= j;
    row[static_cast<std::size_t>(j)] =
        std::pow(2.0, j) * rising(kHalf, j) * rising(0.5, j) / factorial;
  }
  for (Index i = 0; i < kDim; ++i) {
    std::array<double, 5> next{};
    for (std::size_t a = 0; a < 5; ++a) {
      for (std::size_t b = 0; a + b < 5; ++b) next[a + b] += power[a] * row[b];
    }
    power = next;
  }
  factorial = 1.0;
  for (int j = 0; j < 5; ++j) {
    if (j > 0) factorial *= j;
    power[static_cast<std::size_t>(j)] *= factorial / rising(kHalf, j);
  }
  return power;
}

/// Mean and variance of s^2 / B, s^2 the sample variance of B independent numbers.
struct SquaredError {
  double mean = 0.0;
  double variance = 0.0;
};

SquaredError of_blocks(double variance, double fourth, double blocks) {
  const double of_s2 = (fourth - variance * variance * (blocks - 3.0) / (blocks - 1.0)) / blocks;
  return {variance / blocks, of_s2 / (blocks * blocks)};
}

/// The squared standard error of the mean of the squared first coordinates of the frequencies.
double squared_error(const FeatureMapSpec& spec, const FeatureMapSpec& resampled) {
  const Matrix<double> frequencies = FeatureMap<double>(spec).frequencies();
  const FeatureErrors found = feature_error(resampled, [&](std::span<const double> weights) {
    double sum = 0.0;
    for (Index j = 0; j < frequencies.rows(); ++j) {
      sum += weights[static_cast<std::size_t>(j)] * frequencies(j, 0) * frequencies(j, 0);
    }
    return std::vector{sum / static_cast<double>(frequencies.rows())};
  });
  return found.standard_error[0] * found.standard_error[0];
}

}  // namespace

TEST_CASE("squared standard errors over blocks of frequencies are unbiased", "[estimator]") {
  constexpr Index kBlocks = 12;
  FeatureMapSpec orthogonal{.input_dim = kDim,
                            .num_frequencies = kBlocks * kDim,
                            .kernel = GaussianKernel{Isotropic{1.0}},
                            .projection = OrthogonalProjection{}};
  const std::array<double, 5> raw = block_moments();
  const double mean = raw[1] / kDim;
  REQUIRE(std::abs(mean - 1.0) < 1e-12);
  const auto moment = [&](int k) { return raw[static_cast<std::size_t>(k)] / std::pow(kDim, k); };
  const double variance = moment(2) - mean * mean;
  // Rows of a block share their directions: 6 / (d (d + 2)) where independent ones have 2 / d.
  REQUIRE(std::abs(variance - 6.0 / (kDim * (kDim + 2.0))) < 1e-12);
  const double fourth =
      moment(4) - 4.0 * mean * moment(3) + 6.0 * mean * mean * moment(2) - 3.0 * std::pow(mean, 4);
  const SquaredError expected = of_blocks(variance, fourth, kBlocks);
  const double sigma = std::sqrt(expected.variance / kDraws);
  std::vector<double> found, wrong;
  for (int r = 0; r < kDraws; ++r) {
    orthogonal.seed = {static_cast<std::uint64_t>(r)};
    FeatureMapSpec independent = orthogonal;
    independent.projection = IidProjection{};
    found.push_back(squared_error(orthogonal, orthogonal));
    // The twin: coupled rows left out one by one, as if they were independent.
    wrong.push_back(squared_error(orthogonal, independent));
  }
  check_z(testing::mean(found), expected.mean, sigma);
  caught_z(testing::mean(wrong), expected.mean, sigma);
}

TEST_CASE("standard errors of independent frequencies are unbiased in groups, too", "[estimator]") {
  // 128 rows in 64 groups of two: (chi2_1 + chi2_1) / 2 has variance 1 and fourth moment 9.
  FeatureMapSpec spec{.input_dim = kDim,
                      .num_frequencies = 128,
                      .kernel = GaussianKernel{Isotropic{1.0}},
                      .projection = IidProjection{}};
  const SquaredError expected = of_blocks(1.0, 9.0, 64.0);
  std::vector<double> found, wrong;
  for (int r = 0; r < kDraws; ++r) {
    spec.seed = {static_cast<std::uint64_t>(r) + 10000};
    found.push_back(squared_error(spec, spec));
    // The twin: the variance of what is left when a group is left out, as it is.
    wrong.push_back(found.back() / (63.0 * 63.0));
  }
  const double sigma = std::sqrt(expected.variance / kDraws);
  check_z(testing::mean(found), expected.mean, sigma);
  caught_z(testing::mean(wrong), expected.mean, sigma);
}
