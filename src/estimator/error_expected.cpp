// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/plan.hpp"

#include "bochner/estimator/gram_error.hpp"
#include "estimator/pair_geometry.hpp"
#include "estimator/plan_statement.hpp"

#include <vector>

namespace bochner {
namespace {

/// A mean |x + y|^2 beyond which the variance of exponential features sits in draws and pairs that
/// no sample sees.
constexpr double kInvisibleMass = 4.0;

}  // namespace

ExpectedError error_expected(const FeatureMapSpec& spec, MatrixView<const double> x,
                             MatrixView<const double> y, const Execution& execution) {
  ExpectedError expected;
  expected.root_mean_square = gram_error<double>(spec, x, y, execution).relative_error;

  // Mean |x~ + y~|^2 = mean |x~|^2 + mean |y~|^2 + 2 mean(x~).mean(y~).
  const PairGeometry geometry(spec);
  const auto d = static_cast<std::size_t>(geometry.dim());
  std::vector<double> row(d);
  std::vector<double> placed(d);
  std::vector<double> sums[2] = {std::vector<double>(d, 0.0), std::vector<double>(d, 0.0)};
  for (const Side side : {Side::query, Side::key}) {
    const MatrixView<const double>& rows = side == Side::query ? x : y;
    const auto count = static_cast<double>(rows.rows);
    for (Index i = 0; i < rows.rows; ++i) {
      for (std::size_t k = 0; k < d; ++k) row[k] = rows(i, static_cast<Index>(k));
      geometry.place(side, row.data(), placed.data());
      for (std::size_t k = 0; k < d; ++k) {
        sums[side == Side::query ? 0 : 1][k] += placed[k] / count;
        expected.mean_square_sum += placed[k] * placed[k] / count;
      }
    }
  }
  for (std::size_t k = 0; k < d; ++k) expected.mean_square_sum += 2.0 * sums[0][k] * sums[1][k];

  if (is_exponential(spec) && expected.mean_square_sum > kInvisibleMass) {
    expected.warning = "mean |x + y|^2 is " + shortened(expected.mean_square_sum) +
                       ": the prediction is dominated by mass that no sample sees; " +
                       better_map(spec, 0.0);
  } else if (!(expected.root_mean_square < 1.0)) {
    expected.warning = "the error is as large as the matrix itself: " + better_map(spec, 0.0);
  }
  return expected;
}

}  // namespace bochner
