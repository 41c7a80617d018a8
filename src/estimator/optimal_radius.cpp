// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/matrix.hpp"
#include "bochner/estimator/optimal_parameter.hpp"
#include "estimator/checks.hpp"
#include "estimator/log_sum.hpp"
#include "estimator/product_moments.hpp"
#include "estimator/row_sample.hpp"
#include "features/degrees.hpp"
#include "kernel/standard_form.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace bochner {

using namespace estimator;

namespace {

constexpr Index kRadiusRows = 64;
constexpr double kSmallestRadius = 1e-3;
constexpr double kLargestRadius = 16.0;

/// Some rows in the kernel's own coordinates, at random: what comes with a period would meet a
/// stride.
Matrix<double> transformed_sample(const Door& door, const StandardForm& form, const char* name,
                                  MatrixView<const double> x) {
  const Matrix<double> sample = row_sample(x, kRadiusRows, Seed{}, 0);
  Matrix<double> out(sample.rows(), x.cols);
  for (Index i = 0; i < sample.rows(); ++i) {
    form.transform.apply(sample.row(i), out.row(i));
    require_product_length(door, name, i, pair_products(out.row(i), out.row(i), x.cols).xx);
  }
  return out;
}

}  // namespace

double optimal_maclaurin_radius(const Kernel& kernel, ExactTerms exact, MatrixView<const double> x,
                                MatrixView<const double> y) {
  constexpr Door kDoor("optimal_maclaurin_radius");
  require_two_samples(kDoor, "x", x, "y", y);
  const auto series = spectral_measure(kernel).series;
  if (!series) {
    kDoor.refuse(to_text(kernel) + " is no kernel f(x.y): polynomial, dot-product or softmax");
  }
  const StandardForm form = standard_form(kernel, x.cols);
  const Matrix<double> u = transformed_sample(kDoor, form, "sampled x", x);
  const Matrix<double> v = transformed_sample(kDoor, form, "sampled y", y);
  std::vector<double> t;
  for (Index i = 0; i < u.rows(); ++i) {
    for (Index j = 0; j < v.rows(); ++j) {
      t.push_back(sign_second_moment(pair_products(u.row(i), v.row(j), x.cols)));
    }
  }
  const Index first = feature_functions::exact_split(exact, *series).first_random;
  const auto log_variance = [&](double log_r) {
    LogSum sum;
    for (const double square : t) sum.add(1.0, series->log_tail(first, square / std::exp(log_r)));
    return series->log_tail(first, std::exp(log_r)) + sum.log();
  };
  if (!std::isfinite(log_variance(0.0))) return 1.0;  // nothing is left to draw
  // Golden sections, down to a part in 10^6 of the interval.
  constexpr double kGolden = 0.6180339887498949;
  double low = 2.0 * std::log(kSmallestRadius);
  double high = 2.0 * std::log(kLargestRadius);
  for (int step = 0; step < 30; ++step) {
    const double left = high - kGolden * (high - low);
    const double right = low + kGolden * (high - low);
    if (log_variance(left) < log_variance(right)) {
      high = right;
    } else {
      low = left;
    }
  }
  return std::min(std::exp(0.25 * (low + high)), kLargestRadius);
}

}  // namespace bochner
