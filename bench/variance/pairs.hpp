// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/matrix.hpp>
#include <bochner/estimator/optimal_parameter.hpp>
#include <bochner/feature_map.hpp>
#include <bochner/random/stream.hpp>

#include "core/parallel.hpp"
#include "feature_map/block.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

/// \file
/// Pairs, the maps that are measured at them, and what a draw of frequencies contributes to each.

namespace bochner::bench {

/// x and y at right angles, |x + y|^2 = |x - y|^2 = s, in the plane of two vectors.
struct Pair {
  Matrix<double> x;
  Matrix<double> y;

  Pair(const Matrix<double>& plane, double s) : x(1, plane.cols()), y(1, plane.cols()) {
    const Index d = plane.cols();
    double first = 0.0;
    double along = 0.0;
    for (Index k = 0; k < d; ++k) first += plane(0, k) * plane(0, k);
    for (Index k = 0; k < d; ++k) along += plane(0, k) * plane(1, k) / first;
    double second = 0.0;
    for (Index k = 0; k < d; ++k) second += std::pow(plane(1, k) - along * plane(0, k), 2);
    for (Index k = 0; k < d; ++k) {
      x(0, k) = std::sqrt(0.5 * s / first) * plane(0, k);
      y(0, k) = std::sqrt(0.5 * s / second) * (plane(1, k) - along * plane(0, k));
    }
  }

  std::span<const double> query() const { return {x.data(), static_cast<std::size_t>(x.cols())}; }
  std::span<const double> key() const { return {y.data(), static_cast<std::size_t>(y.cols())}; }
};

inline Matrix<double> random_plane(Index d) {
  Matrix<double> plane(2, d);
  Stream({41}, Purpose::study, static_cast<std::uint64_t>(d))
      .normals(0, {plane.data(), static_cast<std::size_t>(plane.size())});
  return plane;
}

/// Of the first two axes.
inline Matrix<double> sparse_plane(Index d) {
  Matrix<double> plane(2, d);
  plane(0, 0) = plane(1, 1) = 1.0;
  return plane;
}

/// Every feature function, parameters optimal at |x + y|^2 = s.
inline std::vector<FeatureFunction> features_for(double s, Index d) {
  return {TrigonometricFeatures{},
          CosineFeatures{},
          PositiveFeatures{},
          HyperbolicFeatures{},
          OprfFeatures{optimal_oprf_parameter(s, d)},
          HyperbolicOprfFeatures{optimal_hyperbolic_oprf_parameter(s, d)}};
}

/// What each frequency of `draw` contributes to m K at the pair.
inline std::vector<double> contributions(const FeatureMapSpec& spec, const FrequencyDraw& draw,
                                         const Pair& pair) {
  const BlockMap<double> map(spec, draw);
  const Index m = spec.num_frequencies;
  feature_map::BlockWorkspace<double> workspace(map, 1);
  Matrix<double> phi(2, map.ld());
  std::array<std::int32_t, 2> exponent{};
  map.features(Side::query, pair.x.view(), phi.row(0), &exponent[0], workspace);
  map.features(Side::key, pair.y.view(), phi.row(1), &exponent[1], workspace);
  std::vector<double> out(static_cast<std::size_t>(m));
  for (Index j = 0; j < m; ++j) {
    double sum = 0.0;
    for (Index k = j; k < map.num_features(); k += m) sum += phi(0, k) * phi(1, k);
    out[static_cast<std::size_t>(j)] =
        std::ldexp(static_cast<double>(m) * sum, exponent[0] + exponent[1]);
  }
  return out;
}

}  // namespace bochner::bench
