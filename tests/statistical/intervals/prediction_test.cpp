// SPDX-License-Identifier: Apache-2.0
#include "support/statistics.hpp"

#include <bochner/client/regression.hpp>

#include <boost/math/distributions/binomial.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

using namespace bochner;
using namespace bochner::testing;

namespace {

Matrix<double> normals(Index rows, Index cols, std::uint64_t seed) {
  Matrix<double> x(rows, cols);
  Stream(Seed{seed}, Purpose::study).normals(0, {x.data(), static_cast<std::size_t>(x.size())});
  return x;
}

FeatureMap<double> map_of(Index frequencies, double lengthscale = 1.0) {
  return FeatureMap<double>({.input_dim = 1,
                             .num_frequencies = frequencies,
                             .kernel = GaussianKernel{Isotropic{lengthscale}},
                             .seed = {9}});
}

/// Coefficients of zero, whatever the rows: residuals of all rows and that of a new one are
/// exchangeable, and coverage is ceil(level (U + 1)) / (U + 1) exactly.
constexpr RidgeOptions kIgnorant{.ridge = 1e90, .intercept = Intercept::none};

/// P(at most this many of `trials` succeed), each with probability `p`.
double lower_tail(int successes, int trials, double p) {
  return boost::math::cdf(boost::math::binomial(trials, p), successes);
}

double smallest_share(std::vector<double> values, double level) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  const auto rank = static_cast<std::size_t>(std::ceil(level * n - 1e-9));
  return values[rank - 1];
}

bool inside(const PredictionIntervals<double>& intervals, double x, double y, double level) {
  double lower = 0.0;
  double upper = 0.0;
  intervals.predict(MatrixView<const double>(&x, 1, 1), level, MatrixView<double>(&lower, 1, 1),
                    MatrixView<double>(&upper, 1, 1));
  return lower <= y && y <= upper;
}

}  // namespace

TEST_CASE("residuals that are exchangeable cover as often as they say", "[regression]") {
  constexpr int kReplicates = 2000;
  constexpr Index kRows = 18;
  constexpr double kLevel = 0.9;
  const double expected = 18.0 / 19.0;
  const double sigma = std::sqrt(expected * (1.0 - expected) / kReplicates);
  const FeatureMap<double> map = map_of(2);
  int by_rows = 0;
  int by_folds = 0;
  int wrong = 0;
  for (int r = 0; r < kReplicates; ++r) {
    const Matrix<double> z = normals(kRows + 1, 2, static_cast<std::uint64_t>(r));
    const TrainingRows<double> rows{z.view().middle_rows(0, kRows).middle_cols(0, 1),
                                    z.view().middle_rows(0, kRows).middle_cols(1, 1)};
    const double y = z(kRows, 1);
    by_rows += inside({map, rows, kIgnorant}, z(kRows, 0), y, kLevel);
    by_folds += inside({map, rows, row_folds(kRows, 3, {1}), kIgnorant}, z(kRows, 0), y, kLevel);
    // The twin: the quantile of the residuals alone, without a place for the new row's.
    std::vector<double> residuals;
    for (Index i = 0; i < kRows; ++i) residuals.push_back(std::abs(z(i, 1)));
    wrong += std::abs(y) <= smallest_share(residuals, kLevel);
  }
  check_z(by_rows / double{kReplicates}, expected, sigma);
  check_z(by_folds / double{kReplicates}, expected, sigma);
  caught_z(wrong / double{kReplicates}, expected, sigma);
}

TEST_CASE("rows of a new group are covered as often as groups say", "[regression]") {
  constexpr int kReplicates = 2000;
  constexpr Index kGroups = 18;
  constexpr double kLevel = 0.9;
  const double expected = 18.0 / 19.0;
  const double sigma = std::sqrt(expected * (1.0 - expected) / kReplicates);
  const FeatureMap<double> map = map_of(2);
  int covered = 0;
  int wrong = 0;
  for (int r = 0; r < kReplicates; ++r) {
    // Groups of one to five rows, all of a group alike.
    const Matrix<double> of_groups = normals(kGroups + 1, 1, static_cast<std::uint64_t>(r) + 10000);
    std::vector<Index> groups;
    for (Index g = 0; g < kGroups; ++g) {
      groups.insert(groups.end(), static_cast<std::size_t>(1 + (g + r) % 5), 7 * (kGroups - g));
    }
    Matrix<double> z(static_cast<Index>(groups.size()), 1);
    for (Index i = 0; i < z.rows(); ++i) {
      z(i, 0) = of_groups(kGroups - groups[static_cast<std::size_t>(i)] / 7, 0);
    }
    const TrainingRows<double> rows{z.view(), z.view()};
    const double y = of_groups(kGroups, 0);
    covered += inside({map, rows, group_folds(groups, 3, {2}), kIgnorant}, 0.0, y, kLevel);
    // The twin: rows that pretend to be independent.
    wrong += inside({map, rows, kIgnorant}, 0.0, y, kLevel);
  }
  check_z(covered / double{kReplicates}, expected, sigma);
  caught_z(wrong / double{kReplicates}, expected, sigma);
}

TEST_CASE("jackknife+ covers as often as it is proven to, however much is fitted", "[regression]") {
  // 64 features of 40 rows, a short lengthscale and hardly a ridge: the fit passes by the rows.
  constexpr int kReplicates = 200;
  constexpr Index kRows = 40;
  constexpr double kLevel = 0.9;
  constexpr double kProven = 1.0 - 2.0 * (1.0 - kLevel);
  const FeatureMap<double> map = map_of(32, 0.05);
  const RidgeOptions options{.ridge = 1e-5};
  int covered = 0;
  int wrong = 0;
  for (int r = 0; r < kReplicates; ++r) {
    const Matrix<double> z = normals(kRows + 1, 2, static_cast<std::uint64_t>(r) + 50000);
    const TrainingRows<double> rows{z.view().middle_rows(0, kRows).middle_cols(0, 1),
                                    z.view().middle_rows(0, kRows).middle_cols(1, 1)};
    const double y = z(kRows, 1);
    covered += inside({map, rows, options}, z(kRows, 0), y, kLevel);
    // The twin: residuals of the rows that were fitted.
    const RidgeRegression<double> model = fit_ridge(map, rows, {.model = options}).model;
    Matrix<double> fitted(kRows + 1, 1);
    model.predict(z.view().middle_cols(0, 1), fitted.view());
    std::vector<double> residuals;
    for (Index i = 0; i < kRows; ++i) residuals.push_back(std::abs(z(i, 1) - fitted(i, 0)));
    wrong += std::abs(y - fitted(kRows, 0)) <= smallest_share(residuals, kLevel);
  }
  check_p_value(lower_tail(covered, kReplicates, kProven));
  caught_p_value(lower_tail(wrong, kReplicates, kProven));
}

TEST_CASE("label sets hold the class as often as they are proven to", "[regression]") {
  constexpr int kReplicates = 200;
  constexpr Index kRows = 40;
  constexpr double kLevel = 0.9;
  constexpr double kProven = 1.0 - 2.0 * (1.0 - kLevel);
  const FeatureMap<double> map = map_of(32, 0.05);
  const RidgeOptions options{.ridge = 1e-5};
  int covered = 0;
  int wrong = 0;
  for (int r = 0; r < kReplicates; ++r) {
    const Matrix<double> z = normals(kRows + 1, 2, static_cast<std::uint64_t>(r) + 90000);
    std::vector<Index> labels;
    for (Index i = 0; i <= kRows; ++i) labels.push_back(z(i, 1) > 0.0 ? 1 : 0);
    const Index own = labels.back();
    labels.pop_back();
    const LabelledRows<double> rows{z.view().middle_rows(0, kRows).middle_cols(0, 1), labels};
    const MatrixView<const double> unseen = z.view().middle_rows(kRows, 1).middle_cols(0, 1);
    const LabelSets<double> sets(map, rows, 2, row_folds(kRows, 10, {3}), options);
    const std::vector<Index> found = sets.predict(unseen, kLevel).front();
    covered += std::find(found.begin(), found.end(), own) != found.end();
    // The twin: scores of the rows that were fitted.
    const Matrix<double> targets = class_targets<double>(labels, 2);
    const RidgeRegression<double> model =
        fit_ridge<double>(map, {rows.x, targets.view()}, {.model = options}).model;
    Matrix<double> scores(kRows, 2), score(1, 2);
    model.predict(rows.x, scores.view());
    model.predict(unseen, score.view());
    std::vector<double> seen;
    for (Index i = 0; i < kRows; ++i) {
      seen.push_back(-scores(i, labels[static_cast<std::size_t>(i)]));
    }
    wrong += -score(0, own) <= smallest_share(seen, kLevel);
  }
  check_p_value(lower_tail(covered, kReplicates, kProven));
  caught_p_value(lower_tail(wrong, kReplicates, kProven));
}
