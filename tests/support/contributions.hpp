// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/feature_map.hpp"

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

/// \file
/// A pair, a map, and what each frequency of a draw contributes to the estimate.

namespace bochner::testing {

struct Setting {
  FeatureMapSpec spec;
  std::vector<double> x, y;
};

/// A pair with |x - y|^2 = |x + y|^2 = s in general position: x and y at right angles.
inline Setting setting(Index dim, Index m, double s, const Kernel& kernel,
                       const FeatureFunction& features) {
  Setting out{{.input_dim = dim, .num_frequencies = m, .kernel = kernel, .features = features},
              std::vector<double>(static_cast<std::size_t>(dim)),
              std::vector<double>(static_cast<std::size_t>(dim))};
  const auto d = static_cast<double>(dim);
  for (std::size_t k = 0; k < out.x.size(); ++k) {
    out.x[k] = std::sqrt(0.5 * s / d);
    out.y[k] = (k % 2 == 0 ? 1.0 : -1.0) * out.x[k];
  }
  return out;
}

/// What each frequency contributes to the estimate, times m.
inline std::vector<double> contributions(const Setting& at) {
  const FeatureMap<double> map(at.spec);
  const Index d = map.input_dim();
  const Index width = map.num_features();
  Matrix<double> phi(1, width);
  Matrix<double> psi(1, width);
  std::int32_t a = 0;
  std::int32_t b = 0;
  map.apply(Side::query, {at.x.data(), 1, d}, {phi.view(), std::span(&a, 1)});
  map.apply(Side::key, {at.y.data(), 1, d}, {psi.view(), std::span(&b, 1)});
  std::vector<double> out(static_cast<std::size_t>(at.spec.num_frequencies));
  const Index m = at.spec.num_frequencies;
  for (Index j = 0; j < m; ++j) {
    double sum = 0.0;
    for (Index k = j; k < width; k += m) sum += phi(0, k) * psi(0, k);
    out[static_cast<std::size_t>(j)] = std::ldexp(static_cast<double>(m) * sum, a + b);
  }
  return out;
}

}  // namespace bochner::testing
