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

  /// x and y owe `common` to z and `link` to something else.
  Rows(double common, double link, std::uint64_t seed) {
    const Stream stream(Seed{seed}, Purpose::study);
    std::vector<double> w(4 * kRows);
    stream.normals(0, w);
    for (Index i = 0; i < kRows; ++i) {
      const double* const at = w.data() + 4 * i;
      z(i, 0) = at[0];
      x(i, 0) = common * std::tanh(at[0]) + at[1] + link * at[3];
      y(i, 0) = common * at[0] + at[2] + link * at[3];
    }
  }
};

/// The mean of p-values that are uniform has this standard deviation.
const double kSigma = 1.0 / std::sqrt(12.0 * kReplicates);

double mean_p_value(double common, double link, bool conditioned, ChiSquareLaw law) {
  const Matrix<double> none(kRows, 0);
  double mean = 0.0;
  for (int r = 0; r < kReplicates; ++r) {
    const Rows rows(common, link, static_cast<std::uint64_t>(r));
    mean += conditional_independence_test(rows.x.view(), rows.y.view(),
                                          conditioned ? rows.z.view() : none.view(),
                                          {.condition_features = 40,
                                           .law = law,
                                           .draws = 1,
                                           .seed = {static_cast<std::uint64_t>(r)}})
                .p_value /
            kReplicates;
  }
  return mean;
}

}  // namespace

TEST_CASE("p-values of the conditional test are uniform where there is nothing to find",
          "[conditional]") {
  check_z(mean_p_value(0.0, 0.0, true, ChiSquareLaw::inversion), 0.5, kSigma);
  check_z(mean_p_value(0.0, 0.0, false, ChiSquareLaw::inversion), 0.5, kSigma);
  check_z(mean_p_value(0.8, 0.0, true, ChiSquareLaw::inversion), 0.5, kSigma);
  check_z(mean_p_value(0.8, 0.0, true, ChiSquareLaw::lindsay_pilla_basak), 0.5, kSigma);
  // The twins: a common cause that is not given, and one that z does not hold.
  caught_z(mean_p_value(0.8, 0.0, false, ChiSquareLaw::inversion), 0.5, kSigma);
  caught_z(mean_p_value(0.8, 0.5, true, ChiSquareLaw::inversion), 0.5, kSigma);
}
