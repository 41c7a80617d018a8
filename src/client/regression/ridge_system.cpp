// SPDX-License-Identifier: Apache-2.0
#include "client/regression/ridge_system.hpp"

#include "client/regression/checks.hpp"
#include "core/text.hpp"
#include "linalg/cholesky.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace bochner::regression {

RidgeSystem ridge_system(const char* function, Matrix<double> moments, Index num_features,
                         Index num_targets, Index num_rows, Intercept intercept) {
  RidgeSystem system;
  const Index ones = num_features + num_targets;
  system.weight = moments(ones, ones);
  system.intercept = intercept;
  system.num_rows = num_rows;
  if (!(system.weight > 0.0)) {
    throw InvalidArgument(std::string(function) + ": there is no row of positive weight");
  }
  for (Index j = 0; j <= ones; ++j) {
    if (std::isfinite(moments(j, j))) continue;
    throw InvalidArgument(std::string(function) + ": the sum of squares of " +
                          (j < num_features ? "feature " + std::to_string(j)
                                            : "target " + std::to_string(j - num_features)) +
                          " overflows; divide the targets or the weights by a constant");
  }
  system.mean_features.assign(static_cast<std::size_t>(num_features), 0.0);
  system.mean_targets.assign(static_cast<std::size_t>(num_targets), 0.0);
  if (intercept == Intercept::fitted) {
    for (Index j = 0; j < num_features; ++j) {
      system.mean_features[static_cast<std::size_t>(j)] = moments(ones, j) / system.weight;
    }
    for (Index c = 0; c < num_targets; ++c) {
      system.mean_targets[static_cast<std::size_t>(c)] =
          moments(ones, num_features + c) / system.weight;
    }
  }
  system.b = Matrix<double>(num_features, simd::padded<double>(num_targets));
  for (Index c = 0; c < num_targets; ++c) {
    const double* const row = moments.row(num_features + c);
    const double mean = system.mean_targets[static_cast<std::size_t>(c)];
    for (Index j = 0; j < num_features; ++j) system.b(j, c) = row[j] - mean * moments(ones, j);
    // Of a constant target nothing is left but the rounding of its square.
    system.yy.push_back(
        std::max(0.0, row[num_features + c] - mean * moments(ones, num_features + c)));
  }
  if (intercept == Intercept::fitted) {
    for (Index i = 0; i < num_features; ++i) {
      const double mean = system.mean_features[static_cast<std::size_t>(i)];
      double* const row = moments.row(i);
      const double* const sums = moments.row(ones);
      for (Index j = 0; j <= i; ++j) row[j] -= mean * sums[j];
    }
  }
  system.a = std::move(moments);
  return system;
}

std::optional<Index> factorise(RidgeSystem& system, double ridge, const Execution& execution) {
  const Index n = system.num_features();
  const MatrixView<double> a = system.a.view().middle_rows(0, n).middle_cols(0, n);
  double largest = 0.0;
  for (Index i = 0; i < n; ++i) largest = std::max(largest, a(i, i) += system.weight * ridge);
  if (const auto pivot = linalg::cholesky(a, execution)) return pivot;
  const double rounding = static_cast<double>(n) * std::numeric_limits<double>::epsilon() * largest;
  for (Index i = 0; i < n; ++i) {
    if (!(a(i, i) * a(i, i) > rounding)) return i;
  }
  return std::nullopt;
}

std::vector<double> intercepts_of(const RidgeSystem& system, MatrixView<const double> theta) {
  std::vector<double> intercepts = system.mean_targets;
  for (Index j = 0; j < theta.rows; ++j) {
    for (Index c = 0; c < theta.cols; ++c) {
      intercepts[static_cast<std::size_t>(c)] -=
          system.mean_features[static_cast<std::size_t>(j)] * theta(j, c);
    }
  }
  return intercepts;
}

void check_ridge(const char* function, double ridge) {
  if (ridge >= 0.0 && ridge <= kLargestNumber) return;
  throw InvalidArgument(std::string(function) + ": ridge is " + text::number(ridge) +
                        ", expected a number from 0 to 1e100");
}

}  // namespace bochner::regression
