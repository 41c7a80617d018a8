// SPDX-License-Identifier: Apache-2.0
#include "support/statistics.hpp"

#include <bochner/client/gram/conditional_independence.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr int kReplicates = 300;
constexpr Index kRows = 400;

struct Rows {
  Matrix<double> x{kRows, 1}, y{kRows, 1}, z{kRows, 1};

  /// x and y owe `common` to z and `link` to something else; z is a normal number to `power`.
  Rows(double common, double link, std::uint64_t seed, int power = 1) {
    const Stream stream(Seed{seed}, Purpose::study);
    std::vector<double> w(4 * kRows);
    stream.normals(0, w);
    for (Index i = 0; i < kRows; ++i) {
      const double* const at = w.data() + 4 * i;
      z(i, 0) = std::pow(at[0], power);
      x(i, 0) = common * std::tanh(at[0]) + at[1] + link * at[3];
      y(i, 0) = common * at[0] + at[2] + link * at[3];
    }
  }
};

/// The mean of p-values that are uniform has this standard deviation.
const double kSigma = 1.0 / std::sqrt(12.0 * kReplicates);

/// Of draws of one set of frequencies; `power` as in `Rows`.
double mean_p_value(double common, double link, bool conditioned,
                    ConditionalIndependenceOptions options, int power = 1) {
  const Matrix<double> none(kRows, 0);
  options.draws = 1;
  double mean = 0.0;
  for (int r = 0; r < kReplicates; ++r) {
    options.seed = {static_cast<std::uint64_t>(r)};
    const Rows rows(common, link, options.seed.value, power);
    mean += conditional_independence_test(rows.x.view(), rows.y.view(),
                                          conditioned ? rows.z.view() : none.view(), options)
                .p_value /
            kReplicates;
  }
  return mean;
}

const ConditionalIndependenceOptions kInversion{.condition_features = 40};
const ConditionalIndependenceOptions kMoments{.condition_features = 40,
                                              .law = ChiSquareLaw::lindsay_pilla_basak};

}  // namespace

TEST_CASE("p-values of the conditional test are uniform where there is nothing to find",
          "[conditional]") {
  check_z(mean_p_value(0.0, 0.0, true, kInversion), 0.5, kSigma);
  check_z(mean_p_value(0.0, 0.0, false, kInversion), 0.5, kSigma);
  check_z(mean_p_value(0.8, 0.0, true, kInversion), 0.5, kSigma);
  check_z(mean_p_value(0.8, 0.0, true, kMoments), 0.5, kSigma);
  // The twins: a common cause that is not given, and one that z does not hold.
  caught_z(mean_p_value(0.8, 0.0, false, kInversion), 0.5, kSigma);
  caught_z(mean_p_value(0.8, 0.5, true, kInversion), 0.5, kSigma);
}

TEST_CASE("permuted residuals and the law agree, whatever the leverages", "[conditional]") {
  // 250 features of z for 400 rows, of which few are far out.
  ConditionalIndependenceOptions options{.condition_features = 250};
  const double law = mean_p_value(0.0, 0.0, true, options, 5);
  const double linked = mean_p_value(0.0, 0.2, true, options, 5);
  options.null = NullLaw::permutations;
  options.permutations = 99;
  const double permuted = mean_p_value(0.0, 0.0, true, options, 5);
  // Of the same statistics: what is left is the choice of permutations, of variance p (1 - p) / B.
  const double sigma = std::sqrt(1.0 / (6.0 * 99.0 * kReplicates));
  check_z(permuted - 0.5 / 100.0, law, sigma);
  caught_z(permuted - 0.5 / 100.0, linked, sigma);
}
