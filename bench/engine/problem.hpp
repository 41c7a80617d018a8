// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/feature_map.hpp"
#include "bochner/random/stream.hpp"

#include <cstdint>
#include <vector>

/// \file
/// Rows, a map and room for its features.

namespace bochner::bench {

template <Scalar T>
Matrix<T> normal_rows(Index n, Index d, double scale) {
  Matrix<double> row(1, d);
  Matrix<T> x(n, d);
  for (Index i = 0; i < n; ++i) {
    Stream(Seed{1}, Purpose::study, static_cast<std::uint64_t>(i))
        .normals(0, {row.data(), static_cast<std::size_t>(d)});
    for (Index k = 0; k < d; ++k) x(i, k) = static_cast<T>(scale * row(0, k));
  }
  return x;
}

template <Scalar T>
struct Problem {
  Problem(const FeatureMapSpec& spec, Index n)
      : map(spec),
        x(normal_rows<T>(n, spec.input_dim, 0.3)),
        phi(n, map.num_features()),
        exponent(static_cast<std::size_t>(n)) {}

  void apply(int threads = 1) {
    map.apply(Side::query, x, {phi, exponent}, {.num_threads = threads});
  }

  FeatureMap<T> map;
  Matrix<T> x;
  Matrix<T> phi;
  std::vector<std::int32_t> exponent;
};

inline FeatureMapSpec positive_spec(Index d, Index m) {
  return {.input_dim = d,
          .num_frequencies = m,
          .kernel = SoftmaxKernel{},
          .features = PositiveFeatures{}};
}

inline FeatureMapSpec paired_spec(Index d, Index m, Projection projection = IidProjection{}) {
  return {.input_dim = d,
          .num_frequencies = m,
          .kernel = GaussianKernel{},
          .projection = std::move(projection),
          .features = TrigonometricFeatures{}};
}

}  // namespace bochner::bench
