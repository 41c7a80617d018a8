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

void undo_offset(std::span<const double> offset, Index num_features, Matrix<double>& moments) {
  const auto count = static_cast<Index>(offset.size());
  const Index ones = num_features + count;
  for (Index c = 0; c < count; ++c) {
    const double own = offset[static_cast<std::size_t>(c)];
    double* const row = moments.row(num_features + c);
    const double* const sums = moments.row(ones);
    for (Index j = 0; j < num_features; ++j) row[j] += own * sums[j];
    for (Index b = 0; b <= c; ++b) {
      const double other = offset[static_cast<std::size_t>(b)];
      row[num_features + b] +=
          own * sums[num_features + b] + other * sums[num_features + c] + own * other * sums[ones];
    }
  }
  for (Index c = 0; c < count; ++c) {
    moments(ones, num_features + c) += offset[static_cast<std::size_t>(c)] * moments(ones, ones);
  }
}

RidgeSystem ridge_system(const Door& door, Matrix<double> moments, Index num_features,
                         Index num_targets, Index num_rows, Intercept intercept) {
  RidgeSystem system;
  const Index ones = num_features + num_targets;
  system.weight = moments(ones, ones);
  system.intercept = intercept;
  system.num_rows = num_rows;
  require_weight(door, system.weight);
  for (Index j = 0; j <= ones; ++j) {
    if (std::isfinite(moments(j, j))) continue;
    door.refuse("the sum of squares of " +
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
    // A constant target leaves nothing but the rounding of its square.
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

std::optional<Index> factorise(MatrixView<double> a, double shift, const Execution& execution) {
  double largest = 0.0;
  for (Index i = 0; i < a.rows; ++i) largest = std::max(largest, a(i, i) += shift);
  if (const auto pivot = linalg::cholesky(a, execution)) return pivot;
  const double rounding = pivot_rounding(a.rows, largest);
  for (Index i = 0; i < a.rows; ++i) {
    if (!(a(i, i) * a(i, i) > rounding)) return i;
  }
  return std::nullopt;
}

void factorise_or_refuse(const Door& door, RidgeSystem& system, double ridge,
                         const Execution& execution) {
  const auto pivot = factorise(system.square(), system.weight * ridge, execution);
  if (!pivot) return;
  throw SingularSystem(
      door.message("the system is singular at ridge " + text::number(ridge) + " (feature " +
                   std::to_string(*pivot) + " of " + std::to_string(system.num_features()) +
                   " depends on those before it to the rounding of the sums, " +
                   std::to_string(system.num_rows) + " rows); a larger ridge is needed"));
}

void solve_factored(MatrixView<const double> r, MatrixView<double> b, const Execution& execution) {
  linalg::solve_transposed(r, b, execution);
  linalg::solve_upper(r, b, execution);
}

double pivot_rounding(Index num_features, double largest_diagonal) {
  return static_cast<double>(num_features) * std::numeric_limits<double>::epsilon() *
         largest_diagonal;
}

double least_unexplained(MatrixView<const double> r) {
  double smallest = r(0, 0);
  double largest = smallest;
  for (Index j = 0; j < r.rows; ++j) {
    smallest = std::min(smallest, r(j, j));
    largest = std::max(largest, r(j, j));
  }
  const double condition = (largest / smallest) * (largest / smallest);
  return std::max(static_cast<double>(r.rows), condition) * std::numeric_limits<double>::epsilon();
}

std::vector<double> intercepts_of(std::vector<double> mean_targets,
                                  std::span<const double> mean_features,
                                  MatrixView<const double> theta) {
  for (Index j = 0; j < theta.rows; ++j) {
    for (Index c = 0; c < theta.cols; ++c) {
      mean_targets[static_cast<std::size_t>(c)] -=
          mean_features[static_cast<std::size_t>(j)] * theta(j, c);
    }
  }
  return mean_targets;
}

std::vector<double> noise_variances_of(MatrixView<const double> b, std::span<const double> yy,
                                       MatrixView<const double> theta, Index degrees) {
  std::vector<double> noise;
  for (Index c = 0; c < theta.cols; ++c) {
    double explained = 0.0;
    for (Index j = 0; j < theta.rows; ++j) explained += b(j, c) * theta(j, c);
    const double unexplained = std::max(0.0, yy[static_cast<std::size_t>(c)] - explained);
    noise.push_back(unexplained / static_cast<double>(std::max<Index>(1, degrees)));
  }
  return noise;
}

}  // namespace bochner::regression
