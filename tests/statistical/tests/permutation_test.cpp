// SPDX-License-Identifier: Apache-2.0
#include "support/statistics.hpp"

#include <bochner/client/gram/independence.hpp>
#include <bochner/client/gram/two_sample.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr int kReplicates = 600;
constexpr Index kPermutations = 19;
constexpr Index kDim = 2;

Matrix<double> normals(Index rows, std::uint64_t seed, double shift = 0.0) {
  Matrix<double> x(rows, kDim);
  Stream(Seed{seed}, Purpose::study).normals(0, {x.data(), static_cast<std::size_t>(x.size())});
  for (Index k = 0; k < x.size(); ++k) x.data()[k] += shift;
  return x;
}

FeatureMap<double> map_of(Index dim) {
  return FeatureMap<double>({.input_dim = dim,
                             .num_frequencies = 20,
                             .kernel = GaussianKernel{Isotropic{1.5}},
                             .seed = {9}});
}

/// Of 20 exchangeable values, the statistic's own and 19 permuted ones, each is one of the two
/// largest with probability 1/10: that often the hypothesis is rejected at this level.
constexpr double kLevel = 0.1;
const double kSigma = std::sqrt(kLevel * (1.0 - kLevel) / kReplicates);

bool rejects(const KernelTest& test) { return test.p_value <= kLevel; }

}  // namespace

TEST_CASE("the two-sample test has its level and its power", "[gram]") {
  const FeatureMap<double> map = map_of(kDim);
  int rejected = 0;
  int wrong = 0;
  int powerful = 0;
  for (int r = 0; r < kReplicates; ++r) {
    const auto seed = static_cast<std::uint64_t>(2 * r);
    const Matrix<double> x = normals(15, seed);
    const Matrix<double> y = normals(25, seed + 1);
    const KernelTestOptions options{.permutations = kPermutations, .seed = {seed}};
    const KernelTest test = two_sample_test<double>(map, x.view(), y.view(), options);
    rejected += rejects(test);
    // The twin: the biased statistic of the samples beside unbiased permuted ones.
    KernelTest biased = test;
    biased.statistic += (1.0 - 1.0 / 15.0) / 15.0;
    int as_large = 1;
    for (const double value : biased.permuted) as_large += value >= biased.statistic;
    wrong += as_large <= 2;
    const Matrix<double> far = normals(25, seed + 1, 1.5);
    powerful += rejects(two_sample_test<double>(map, x.view(), far.view(), options));
  }
  check_z(rejected / double{kReplicates}, kLevel, kSigma);
  caught_z(wrong / double{kReplicates}, kLevel, kSigma);
  CHECK(powerful > 0.95 * kReplicates);
}

TEST_CASE("the unbiased discrepancy is zero in the mean where the laws are equal", "[gram]") {
  // k = exp(-|x - y|^2 / (2 s)), s = lengthscale^2, of standard normals in d dimensions: moments of
  // the centred kernel in closed form.
  constexpr Index kFirst = 12;
  constexpr Index kSecond = 20;
  const double s = 1.5 * 1.5;
  const double d = kDim;
  const double mean_k = std::pow(s / (s + 2.0), d / 2.0);
  const double mean_k2 = std::pow(s / (s + 4.0), d / 2.0);
  const double mean_row2 = std::pow(s / (s + 1.0), d) * std::pow((s + 1.0) / (s + 3.0), d / 2.0);
  const double centred = mean_k2 - 2.0 * mean_row2 + mean_k * mean_k;
  const double n = kFirst;
  const double l = kSecond;
  const double variance = centred * (2.0 / (n * (n - 1.0)) + 2.0 / (l * (l - 1.0)) + 4.0 / (n * l));
  std::vector<double> values;
  std::vector<double> biased;
  for (int r = 0; r < 4000; ++r) {
    const Matrix<double> z = normals(kFirst + kSecond, static_cast<std::uint64_t>(r) + 100000);
    const ExactGram gram(GaussianKernel{Isotropic{1.5}}, z.view());
    values.push_back(two_sample_test(gram, kFirst, {.permutations = 1}).statistic);
    // The twin: with the diagonal, as |mean phi(x) - mean phi(y)|^2 has it.
    biased.push_back(values.back() + (1.0 - mean_k) * (1.0 / n + 1.0 / l));
  }
  const double sigma = std::sqrt(variance / 4000.0);
  check_z(mean(values), 0.0, sigma);
  caught_z(mean(biased), 0.0, sigma);
}

TEST_CASE("the independence test has its level and its power", "[gram]") {
  const FeatureMap<double> map = map_of(1);
  int rejected = 0;
  int wrong = 0;
  int powerful = 0;
  for (int r = 0; r < kReplicates; ++r) {
    const auto seed = static_cast<std::uint64_t>(r) + 500000;
    const Matrix<double> z = normals(40, seed);
    const MatrixView<const double> x = z.view().middle_cols(0, 1);
    const MatrixView<const double> y = z.view().middle_cols(1, 1);
    const KernelTestOptions options{.permutations = kPermutations, .seed = {seed}};
    const GramApproximation<double> gram(map, x);
    rejected += rejects(independence_test<double>(gram, {map, y}, options));
    // Dependent without correlation: y = x^2 plus noise.
    Matrix<double> square(40, 1);
    for (Index i = 0; i < 40; ++i) square(i, 0) = x(i, 0) * x(i, 0) + 0.3 * y(i, 0);
    powerful +=
        rejects(independence_test<double>(gram, {map, std::as_const(square).view()}, options));
    // The twin: rows that are sorted before they are paired are not observed together.
    Matrix<double> sorted(40, 1);
    std::vector<double> a, b;
    for (Index i = 0; i < 40; ++i) {
      a.push_back(x(i, 0));
      b.push_back(y(i, 0));
    }
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    Matrix<double> first(40, 1);
    for (std::size_t i = 0; i < 40; ++i) {
      first(static_cast<Index>(i), 0) = a[i];
      sorted(static_cast<Index>(i), 0) = b[i];
    }
    wrong += rejects(independence_test<double>({map, std::as_const(first).view()},
                                               {map, std::as_const(sorted).view()}, options));
  }
  check_z(rejected / double{kReplicates}, kLevel, kSigma);
  caught_z(wrong / double{kReplicates}, kLevel, kSigma);
  CHECK(powerful > 0.95 * kReplicates);
}
