// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/plan.hpp"

#include "bochner/estimator/gram_error.hpp"
#include "estimator/mean_square_sum.hpp"
#include "estimator/plan_statement.hpp"

#include <cmath>

namespace bochner {

using namespace estimator;

namespace {

/// A mean |x + y|^2 beyond which the variance of exponential features sits in draws and pairs that
/// no sample sees.
constexpr double kInvisibleMass = 4.0;

}  // namespace

ExpectedError error_expected(const FeatureMapSpec& spec, MatrixView<const double> x,
                             MatrixView<const double> y, const Execution& execution) {
  ExpectedError expected;
  expected.root_mean_square = gram_error<double>(spec, x, y, execution).relative_error;
  expected.mean_square_sum = mean_square_sum(Door("error_expected"), spec, x, y);
  if (std::isinf(expected.root_mean_square)) {
    expected.warning = "the predicted error leaves the range of double: " + better_map(spec, 0.0);
  } else if (is_exponential(spec) && expected.mean_square_sum > kInvisibleMass) {
    expected.warning = "mean |x + y|^2 is " + shortened(expected.mean_square_sum) +
                       ": the prediction is dominated by mass that no sample sees; " +
                       better_map(spec, 0.0);
  } else if (!(expected.root_mean_square < 1.0)) {
    expected.warning = "the error is as large as the matrix itself: " + better_map(spec, 0.0);
  }
  return expected;
}

}  // namespace bochner
