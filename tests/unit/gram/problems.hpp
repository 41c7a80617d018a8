// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/gram/matrix.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/feature_map.hpp>
#include <bochner/random/stream.hpp>

#include <Eigen/Dense>

#include <cmath>
#include <cstdint>
#include <vector>

/// \file
/// Small problems, and what dense linear algebra says of them.

namespace bochner::testing {

template <class T>
Matrix<T> normal_matrix(Index rows, Index cols, std::uint64_t seed, double size = 1.0) {
  Matrix<T> x(rows, cols);
  const Stream stream(Seed{seed}, Purpose::study);
  for (Index i = 0; i < x.size(); ++i) {
    x.data()[i] = static_cast<T>(size * stream.normal(static_cast<std::uint64_t>(i)));
  }
  return x;
}

inline FeatureMapSpec gram_spec(Index dim, Index frequencies, const Kernel& kernel,
                                const FeatureFunction& features) {
  return {.input_dim = dim,
          .num_frequencies = frequencies,
          .kernel = kernel,
          .projection = OrthogonalProjection{},
          .features = features,
          .seed = {3},
          .transform = {}};
}

inline Eigen::MatrixXd dense(const Matrix<double>& m) {
  return Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(m.data(), m.rows(),
                                                                          m.cols());
}

/// K^ by `approximate_gram`.
template <Scalar T>
Eigen::MatrixXd approximate(const FeatureMap<T>& map, const Matrix<T>& x) {
  Matrix<double> k(x.rows(), x.rows());
  approximate_gram<T>(map, x, x, k);
  return dense(k);
}

/// K by `exact_gram`.
inline Eigen::MatrixXd exact(const Kernel& kernel, const Matrix<double>& x) {
  Matrix<double> k(x.rows(), x.rows());
  exact_gram(kernel, x, x, k);
  return dense(k);
}

/// |a - b| / |b|
inline double relative(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return (a - b).norm() / b.norm();
}

}  // namespace bochner::testing
