// SPDX-License-Identifier: Apache-2.0
#include "support/statistics.hpp"

#include <bochner/client/gram/certificate.hpp>
#include <bochner/client/gram/matrix.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr Index kRows = 60;
constexpr Index kSamples = 500;
constexpr int kReplicates = 4000;

/// Sum of squares of the off-diagonal entries, and of their squares.
struct Powers {
  double diagonal = 0.0;
  double second = 0.0;
  double fourth = 0.0;
};

}  // namespace

TEST_CASE("the sampled error of a Gram matrix is unbiased and covered", "[gram]") {
  Matrix<double> x(kRows, 8);
  Stream(Seed{28}, Purpose::study).normals(0, {x.data(), static_cast<std::size_t>(x.size())});
  const Kernel kernel = GaussianKernel{Isotropic{3.0}};
  const FeatureMap<double> map(
      {.input_dim = 8, .num_frequencies = 20, .kernel = kernel, .seed = {1}});
  const ExactGram exact(kernel, x);
  const GramApproximation<double> gram(map, x);
  const Matrix<double> k = exact.to_dense();
  const Matrix<double> k_hat = gram.to_dense();
  Powers powers;
  for (Index i = 0; i < kRows; ++i) {
    for (Index j = 0; j < kRows; ++j) {
      const double square = std::pow(k_hat(i, j) - k(i, j), 2);
      if (i == j) {
        powers.diagonal += square;
      } else {
        powers.second += square;
        powers.fourth += square * square;
      }
    }
  }
  const double truth = powers.diagonal + powers.second;
  const double pairs = static_cast<double>(kRows * (kRows - 1));
  // The samples are independent: the variance is that of the entries.
  const double sigma =
      std::sqrt((pairs * powers.fourth - powers.second * powers.second) / kSamples);

  std::vector<double> estimates;
  std::vector<double> probes;
  int covered = 0;
  int caught = 0;
  for (int r = 0; r < kReplicates; ++r) {
    const auto seed = static_cast<std::uint64_t>(r);
    const SampledGramError estimate =
        sampled_error(gram, exact, {.samples = kSamples, .seed = {seed}});
    estimates.push_back(estimate.squared_error);
    const Interval interval = estimate.interval();
    covered += interval.low * interval.low <= truth && truth <= interval.high * interval.high;
    // The twin: the standard error of a sample twice as large.
    SampledGramError bold = estimate;
    bold.standard_error /= std::sqrt(2.0);
    const Interval narrow = bold.interval();
    caught += narrow.low * narrow.low <= truth && truth <= narrow.high * narrow.high;
  }
  check_z(mean(estimates), truth, sigma / std::sqrt(double{kReplicates}));
  // The twin: the mean over all pairs, the diagonal's among them.
  caught_z(mean(estimates) * pairs / (pairs + kRows), truth,
           sigma / std::sqrt(double{kReplicates}));
  const double coverage = covered / double{kReplicates};
  const double error = std::sqrt(0.95 * 0.05 / kReplicates);
  INFO("coverage " << coverage << ", twin " << caught / double{kReplicates});
  CHECK(std::abs(coverage - 0.95) < 5.0 * error);
  CHECK(std::abs(caught / double{kReplicates} - 0.95) > 5.0 * error);
}

TEST_CASE("Hutchinson's estimate of the error of a Gram matrix is unbiased", "[gram]") {
  Matrix<double> x(60, 3);
  Stream(Seed{29}, Purpose::study).normals(0, {x.data(), static_cast<std::size_t>(x.size())});
  const FeatureMap<double> map({.input_dim = 3, .num_frequencies = 12, .seed = {1}});
  const ExactGram exact(map.spec().kernel, x);
  const GramApproximation<double> gram(map, x);
  const Matrix<double> k = exact.to_dense();
  const Matrix<double> k_hat = gram.to_dense();
  // A = E^2; random signs have Var g^T A g = 2 sum_{i != j} A_ij^2.
  double truth = 0.0;
  double variance = 0.0;
  for (Index i = 0; i < 60; ++i) {
    for (Index j = 0; j < 60; ++j) {
      double entry = 0.0;
      for (Index l = 0; l < 60; ++l) {
        entry += (k_hat(i, l) - k(i, l)) * (k_hat(l, j) - k(l, j));
      }
      if (i == j) truth += entry;
      if (i != j) variance += 2.0 * entry * entry;
    }
  }
  const SampledGramError estimate = hutchinson_error(gram, exact, {.probes = 4000});
  check_z(estimate.squared_error, truth, std::sqrt(variance / 4000.0));
  caught_z(1.2 * estimate.squared_error, truth, std::sqrt(variance / 4000.0));
}
