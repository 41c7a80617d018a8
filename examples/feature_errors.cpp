// SPDX-License-Identifier: Apache-2.0
//
// Results of random features with their errors over draws of the frequencies, on concrete.
// Usage: example_feature_errors DATA_FOLDER
#include <bochner/bochner.hpp>
#include <bochner/client/gram.hpp>
#include <bochner/client/regression.hpp>
#include <bochner/io/table.hpp>

#include <cmath>
#include <cstdio>
#include <string>

using bochner::Index;
using bochner::Matrix;

int main(int, char** argv) {
  const bochner::io::Table table = bochner::io::read_table(std::string(argv[1]) + "/concrete.csv");
  const bochner::MatrixView<const double> x = table.rows.view().middle_cols(0, 8);
  const bochner::MatrixView<const double> y = table.rows.view().middle_cols(8, 1);
  bochner::FeatureMapSpec spec{.input_dim = 8, .num_frequencies = 128, .seed = {1}};
  spec.kernel = bochner::GaussianKernel{
      bochner::Diagonal{{200.0, 200.0, 150.0, 60.0, 15.0, 200.0, 200.0, 60.0}}};
  const bochner::FeatureMap<double> map(spec);

  // How far is the law of the first half of the rows from that of the second?
  const auto mmd =
      bochner::two_sample_error<double>(map, x.middle_rows(0, 515), x.middle_rows(515, 515));
  std::printf("MMD^2 %.5f +- %.5f; half of that with %td frequencies\n", mmd.value[0],
              mmd.standard_error[0], mmd.frequencies_needed(0, mmd.standard_error[0] / 2.0));

  const auto components = bochner::principal_component_error<double>(map, x, 2);
  std::printf("the first component holds %.3f +- %.3f of the variance\n", components.value[2],
              components.standard_error[2]);

  // Predictions, with what another draw might say.
  bochner::NormalEquations<double> sums(map);
  sums.add({x, y});
  const bochner::RidgeFeatureErrors<double> errors(sums, {.ridge = 1e-4});
  Matrix<double> strength(3, 1), error(3, 1);
  errors.predict(x.middle_rows(0, 3), strength.view(), error.view());
  double squares = 0.0;
  for (Index i = 0; i < 3; ++i) {
    std::printf("mixture %td: %.1f +- %.1f MPa, measured %.1f\n", i + 1, strength(i, 0),
                error(i, 0), y(i, 0));
    squares += error(i, 0) * error(i, 0);
  }
  return std::sqrt(squares / 3.0) < 10.0 && mmd.standard_error[0] < mmd.value[0] ? 0 : 1;
}
