// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "reference.hpp"

#include <utility>
#include <vector>

/// \file
/// Features of whole heads, for gradients by dense formulas.

namespace bochner::testing {

/// Features of all rows of a head, with their exponents multiplied in.
struct Features {
  Matrix<double> phi;
  std::vector<double> scale;

  Features(const FeatureMap<double>& map, Side side, MatrixView<const double> x)
      : phi(x.rows, map.num_features()), scale(static_cast<std::size_t>(x.rows)) {
    std::vector<std::int32_t> exponent(scale.size());
    map.apply(side, x, {phi.view(), exponent});
    for (Index i = 0; i < x.rows; ++i) {
      const auto at = static_cast<std::size_t>(i);
      scale[at] = std::ldexp(1.0, exponent[at]);
      for (Index f = 0; f < phi.cols(); ++f) phi(i, f) *= scale[at];
    }
  }
  /// dx of dphi, which is with respect to the features with exponents.
  void pull(const FeatureMap<double>& map, Side side, MatrixView<const double> x,
            Matrix<double> dphi, double* out) const {
    for (Index i = 0; i < dphi.rows(); ++i) {
      for (Index f = 0; f < dphi.cols(); ++f) dphi(i, f) *= scale[static_cast<std::size_t>(i)];
    }
    map.pullback(side, x, std::as_const(dphi).view(), {out, x.rows, x.cols});
  }
};

inline MatrixView<const double> head(const Tensor<double>& t, Index b, Index h) {
  return {&t(b, h, 0, 0), t.extents[2], t.extents[3]};
}

/// The largest |entry|.
inline double largest(const Tensor<double>& t) {
  double top = 0.0;
  for (const double e : t.elements) top = std::max(top, std::abs(e));
  return top;
}

}  // namespace bochner::testing
