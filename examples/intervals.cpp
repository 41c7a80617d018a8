// SPDX-License-Identifier: Apache-2.0
//
// Intervals for concrete that has not been tested yet: nine in ten should hold its strength.
// Usage: example_intervals DATA_FOLDER
#include <bochner/bochner.hpp>
#include <bochner/client/regression.hpp>
#include <bochner/io/table.hpp>

#include <cstdio>
#include <string>
#include <vector>

using bochner::Index;
using bochner::Matrix;

int main(int, char** argv) {
  // 1,030 mixtures of 8 columns and the strength; those of one recipe, tested at other ages, are a
  // group and are held out together.
  const bochner::io::Table table = bochner::io::read_table(std::string(argv[1]) + "/concrete.csv");
  const bochner::MatrixView<const double> x = table.rows.view().middle_cols(0, 8);
  const bochner::MatrixView<const double> y = table.rows.view().middle_cols(8, 1);
  const std::vector<Index> recipe = bochner::group_labels<double>(x.middle_cols(0, 7));

  // Every fifth recipe is what the model will meet.
  std::vector<double> seen;
  std::vector<Index> groups;
  for (Index i = 0; i < x.rows; ++i) {
    if (recipe[static_cast<std::size_t>(i)] % 5 == 0) continue;
    for (Index k = 0; k < 9; ++k) seen.push_back(table.rows(i, k));
    groups.push_back(recipe[static_cast<std::size_t>(i)]);
  }
  const bochner::MatrixView<const double> rows(seen.data(), std::ssize(groups), 9, 9, 1);

  bochner::FeatureMapSpec spec{.input_dim = 8, .num_frequencies = 256, .seed = {1}};
  spec.kernel = bochner::GaussianKernel{
      bochner::Diagonal{{200.0, 200.0, 150.0, 60.0, 15.0, 200.0, 200.0, 60.0}}};
  const bochner::PredictionIntervals<double> intervals(
      bochner::FeatureMap<double>(spec), {rows.middle_cols(0, 8), rows.middle_cols(8, 1)},
      bochner::group_folds(groups, 10, {1}), {.ridge = 1e-4});

  Matrix<double> lower(x.rows, 1), upper(x.rows, 1);
  intervals.predict(x, 0.9, lower.view(), upper.view());
  double met = 0.0, covered = 0.0;
  for (Index i = 0; i < x.rows; ++i) {
    if (recipe[static_cast<std::size_t>(i)] % 5 != 0) continue;
    met += 1.0;
    covered += lower(i, 0) <= y(i, 0) && y(i, 0) <= upper(i, 0) ? 1.0 : 0.0;
  }
  std::printf("mixture 1: %.1f to %.1f MPa, measured %.1f\n", lower(0, 0), upper(0, 0), y(0, 0));
  std::printf("%.0f of %.0f rows of new recipes lie inside: %.3f\n", covered, met, covered / met);
  return covered / met > 0.8 && covered / met < 0.98 ? 0 : 1;
}
