// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/feature_map.hpp>

#include <cmath>
#include <vector>

/// \file
/// Pairs of inputs with a given |x + y|^2 and |x - y|^2, and specs to try on them.

namespace bochner::testing {

struct Pair {
  std::vector<double> x;
  std::vector<double> y;
};

/// x + y along `direction` (normalised here), x - y along the next coordinate axis's share of it.
inline Pair pair_along(std::vector<double> direction, double sum, double difference) {
  double norm = 0.0;
  for (const double c : direction) norm += c * c;
  for (double& c : direction) c /= std::sqrt(norm);
  // Any unit vector orthogonal to the direction: the projection of its largest axis' neighbour.
  std::vector<double> other(direction.size(), 0.0);
  const std::size_t axis = direction.size() - 1;
  other[axis] = 1.0;
  const double along = direction[axis];
  double rest = 0.0;
  for (std::size_t k = 0; k < other.size(); ++k) {
    other[k] -= along * direction[k];
    rest += other[k] * other[k];
  }
  Pair pair;
  for (std::size_t k = 0; k < direction.size(); ++k) {
    const double s = 0.5 * std::sqrt(sum) * direction[k];
    const double t = rest > 1e-12 ? 0.5 * std::sqrt(difference / rest) * other[k] : 0.0;
    pair.x.push_back(s + t);
    pair.y.push_back(s - t);
  }
  return pair;
}

/// Along (1, ..., 1).
inline Pair dense_pair(Index dim, double sum, double difference) {
  return pair_along(std::vector<double>(static_cast<std::size_t>(dim), 1.0), sum, difference);
}

/// Along the first axis.
inline Pair sparse_pair(Index dim, double sum, double difference) {
  std::vector<double> direction(static_cast<std::size_t>(dim), 0.0);
  direction[0] = 1.0;
  return pair_along(direction, sum, difference);
}

inline FeatureMapSpec make_spec(Index dim, Index frequencies, const Kernel& kernel,
                                const Projection& projection, const FeatureFunction& features) {
  return {.input_dim = dim,
          .num_frequencies = frequencies,
          .kernel = kernel,
          .projection = projection,
          .features = features,
          .seed = {},
          .transform = {}};
}

}  // namespace bochner::testing
