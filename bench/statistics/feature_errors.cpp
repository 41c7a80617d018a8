// SPDX-License-Identifier: Apache-2.0
//
// How often intervals of nominal 95 % around results of one draw of the frequencies hold the mean
// over draws: maps of many seeds on concrete.
#include "bench/support/report.hpp"
#include "bochner/client/gram.hpp"
#include "bochner/client/regression.hpp"
#include "core/numbers.hpp"
#include "tests/support/data.hpp"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

using namespace bochner;

namespace {

constexpr double kLevel = 0.95;
constexpr Index kRows = 400;
constexpr Index kColumns = 8;

struct Rows {
  Matrix<double> x;  ///< standardised
  Matrix<double> y;
};

Rows read() {
  const Matrix<double> table =
      testing::widened(testing::read_columns(BOCHNER_DATA_DIR "/concrete.csv", kColumns + 1));
  Rows rows{Matrix<double>(kRows, kColumns), Matrix<double>(kRows, 1)};
  const Index step = table.rows() / kRows;
  for (Index k = 0; k <= kColumns; ++k) {
    double mean = 0.0, square = 0.0;
    for (Index i = 0; i < kRows; ++i) mean += table(i * step, k) / double{kRows};
    for (Index i = 0; i < kRows; ++i) square += std::pow(table(i * step, k) - mean, 2);
    const double deviation = std::sqrt(square / double{kRows});
    for (Index i = 0; i < kRows; ++i) {
      const double value = (table(i * step, k) - mean) / deviation;
      if (k < kColumns) rows.x(i, k) = value;
      if (k == kColumns) rows.y(i, 0) = value;
    }
  }
  return rows;
}

FeatureMap<double> drawn(Index dim, Index frequencies, std::uint64_t seed) {
  return FeatureMap<double>({.input_dim = dim,
                             .num_frequencies = frequencies,
                             .kernel = GaussianKernel{Isotropic{3.0}},
                             .projection = OrthogonalProjection{},
                             .seed = {seed}});
}

/// Ridge predictions at a few rows, as results.
FeatureErrors predictions(const Rows& rows, const FeatureMap<double>& map) {
  NormalEquations<double> sums(map);
  sums.add({rows.x.view(), rows.y.view()});
  const RidgeFeatureErrors<double> errors(sums, {.ridge = 1e-3});
  constexpr Index kPredicted = 20;
  Matrix<double> out(kPredicted, 1), error(kPredicted, 1);
  errors.predict(rows.x.view().middle_rows(0, kPredicted), out.view(), error.view());
  FeatureErrors found;
  for (Index i = 0; i < kPredicted; ++i) {
    found.value.push_back(out(i, 0));
    found.standard_error.push_back(error(i, 0));
    found.bias.push_back(0.0);
    found.degrees_of_freedom.push_back(errors.degrees_of_freedom());
  }
  return found;
}

/// A bar, and a line of `table`: coverage over draws and results, and how the mean standard error
/// compares with the deviation between draws.
void measure(bench::Report& report, std::vector<std::string>& table, const std::string& name,
             int draws, Index frequencies,
             const std::function<FeatureErrors(Index, std::uint64_t)>& once) {
  std::vector<FeatureErrors> all;
  for (int r = 0; r < draws; ++r) {
    all.push_back(once(frequencies, static_cast<std::uint64_t>(r) + 1));
  }
  double covered = 0.0, ratio = 0.0;
  const std::size_t results = all.front().value.size();
  for (std::size_t k = 0; k < results; ++k) {
    double mean = 0.0, square = 0.0, squared_error = 0.0;
    for (const FeatureErrors& one : all) mean += one.value[k] / draws;
    for (const FeatureErrors& one : all) {
      square += std::pow(one.value[k] - mean, 2) / (draws - 1);
      squared_error += std::pow(one.standard_error[k], 2) / draws;
      const Interval interval = one.interval(static_cast<Index>(k), kLevel);
      covered += interval.low <= mean && mean <= interval.high ? 1.0 : 0.0;
    }
    ratio += std::sqrt(squared_error / square) / static_cast<double>(results);
  }
  const double coverage = covered / static_cast<double>(draws) / static_cast<double>(results);
  report.line(name + "_" + std::to_string(frequencies), coverage, bench::between(0.9, 0.99));
  table.push_back("| " + name + " | " + std::to_string(frequencies) + " | " +
                  std::to_string(draws) + " | " + significant(coverage, 3) + " | " +
                  significant(ratio, 3) + " |");
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  const int draws = report.choose(200, 40);
  const Rows rows = read();
  const MatrixView<const double> x = rows.x.view();
  std::vector<std::string> table = {
      "| result | frequencies | draws | coverage of level 0.95 | standard error / deviation "
      "between "
      "draws |",
      "|---|---|---|---|---|"};
  for (const Index m : {Index{32}, Index{128}}) {
    measure(report, table, "mmd", draws, m, [&](Index frequencies, std::uint64_t seed) {
      const FeatureMap<double> map = drawn(kColumns, frequencies, seed);
      return two_sample_error<double>(map, x.middle_rows(0, kRows / 2),
                                      x.middle_rows(kRows / 2, kRows / 2));
    });
    measure(report, table, "hsic", draws, m, [&](Index frequencies, std::uint64_t seed) {
      return independence_error<double>(drawn(kColumns, frequencies, 2 * seed), x,
                                        drawn(1, frequencies, 2 * seed + 1), rows.y.view());
    });
    measure(report, table, "eigenvalues", draws, m, [&](Index frequencies, std::uint64_t seed) {
      return eigenvalue_error<double>(drawn(kColumns, frequencies, seed), x, 3);
    });
    measure(report, table, "components", draws, m, [&](Index frequencies, std::uint64_t seed) {
      return principal_component_error<double>(drawn(kColumns, frequencies, seed), x, 3);
    });
    measure(report, table, "predictions", draws, m, [&](Index frequencies, std::uint64_t seed) {
      return predictions(rows, drawn(kColumns, frequencies, seed));
    });
  }
  for (const std::string& line : table) report.note("%s", line.c_str());
  return 0;
}
