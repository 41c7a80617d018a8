// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression.hpp>

#include <cmath>
#include <vector>

/// \file
/// Small regression problems with known structure.

namespace bochner {

/// Rows that own their numbers.
template <Scalar T>
struct Problem {
  Matrix<T> x;
  Matrix<T> targets;
  std::vector<T> weights;

  TrainingRows<T> rows() const { return {x.view(), targets.view(), weights}; }
};

/// n normal inputs of `dim` coordinates, smooth targets with noise of `noise`, no weights.
template <Scalar T>
Problem<T> smooth_problem(Index n, Index dim, Index num_targets, std::uint64_t seed,
                          double noise = 0.1) {
  Problem<T> problem{Matrix<T>(n, dim), Matrix<T>(n, num_targets), {}};
  const Stream stream(Seed{seed}, Purpose::study);
  std::uint64_t next = 0;
  for (Index i = 0; i < n; ++i) {
    double sum = 0.0;
    for (Index k = 0; k < dim; ++k) {
      problem.x(i, k) = static_cast<T>(stream.normal(next++));
      sum += static_cast<double>(problem.x(i, k)) / static_cast<double>(k + 1);
    }
    for (Index c = 0; c < num_targets; ++c) {
      const double value =
          std::sin(sum + static_cast<double>(c)) + 3.0 + noise * stream.normal(next++);
      problem.targets(i, c) = static_cast<T>(value);
    }
  }
  return problem;
}

template <Scalar T>
void add_weights(Problem<T>& problem, std::uint64_t seed) {
  const Stream stream(Seed{seed}, Purpose::study);
  for (Index i = 0; i < problem.x.rows(); ++i) {
    problem.weights.push_back(static_cast<T>(0.25 + stream.uniform(static_cast<std::uint64_t>(i))));
  }
}

inline FeatureMapSpec regression_spec(Index dim, Index num_frequencies, double lengthscale = 1.5,
                                      std::uint64_t seed = 7) {
  return {.input_dim = dim,
          .num_frequencies = num_frequencies,
          .kernel = GaussianKernel{Isotropic{lengthscale}},
          .projection = OrthogonalProjection{},
          .features = TrigonometricFeatures{},
          .seed = {seed},
          .transform = {}};
}

/// Features of the rows of x, as the map's `apply` gives them.
template <Scalar T>
Matrix<T> features_of(const FeatureMap<T>& map, const Matrix<T>& x) {
  Matrix<T> phi(x.rows(), map.num_features());
  std::vector<std::int32_t> exponent(static_cast<std::size_t>(x.rows()));
  map.apply(Side::query, x.view(), {phi.view(), exponent});
  return phi;
}

}  // namespace bochner
