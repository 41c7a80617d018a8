// SPDX-License-Identifier: Apache-2.0
#include "support/statistics.hpp"

#include <bochner/client/gram/independence.hpp>
#include <bochner/client/gram/two_sample.hpp>

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr int kReplicates = 500;
constexpr Index kRows = 150;
constexpr double kLevel = 0.1;
const double kSigma = std::sqrt(kLevel * (1.0 - kLevel) / kReplicates);
const KernelTestOptions kLimit{.null = NullLaw::weighted_chi_squares};

FeatureMap<double> map() {
  return FeatureMap<double>({.input_dim = 1,
                             .num_frequencies = 20,
                             .kernel = GaussianKernel{Isotropic{1.0}},
                             .seed = {9}});
}

/// kRows of one column; every row `times` times.
Matrix<double> normals(std::uint64_t seed, Index times = 1) {
  const Stream stream(Seed{seed}, Purpose::study);
  Matrix<double> out(kRows * times, 1);
  for (Index i = 0; i < out.rows(); ++i) {
    out(i, 0) = stream.normal(static_cast<std::uint64_t>(i / times));
  }
  return out;
}

double two_samples(std::uint64_t seed, Index times) {
  const Matrix<double> x = normals(2 * seed, times);
  const Matrix<double> y = normals(2 * seed + 1, times);
  return two_sample_test<double>(map(), x.view(), y.view(), kLimit).p_value;
}

double independence(std::uint64_t seed, Index times) {
  const Matrix<double> x = normals(2 * seed, times);
  const Matrix<double> y = normals(2 * seed + 1, times);
  return independence_test<double>({map(), x.view()}, {map(), y.view()}, kLimit).p_value;
}

/// How often the hypothesis is rejected.
template <class P>
double rejected(const P& p_value, Index times) {
  int count = 0;
  for (int r = 0; r < kReplicates; ++r) {
    count += p_value(static_cast<std::uint64_t>(r), times) <= kLevel;
  }
  return static_cast<double>(count) / kReplicates;
}

}  // namespace

TEST_CASE("tests by the limit law have their level", "[gram]") {
  check_z(rejected(two_samples, 1), kLevel, kSigma);
  check_z(rejected(independence, 1), kLevel, kSigma);
  // The twins: rows that are counted twice are not independent.
  caught_z(rejected(two_samples, 2), kLevel, kSigma);
  caught_z(rejected(independence, 2), kLevel, kSigma);
}
