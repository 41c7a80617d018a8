// SPDX-License-Identifier: Apache-2.0
//
// The smallest use: say which map, apply it, and read one kernel value off two rows of features.

#include <bochner/bochner.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

int main() {
  constexpr bochner::Index kDim = 4;
  const bochner::FeatureMapSpec spec{.input_dim = kDim,
                                     .num_frequencies = 1024,
                                     .kernel = bochner::GaussianKernel{bochner::Isotropic{1.5}},
                                     .projection = bochner::OrthogonalProjection{},
                                     .features = bochner::TrigonometricFeatures{},
                                     .seed = {42}};
  const bochner::FeatureMap<double> map(spec);
  std::printf("%s\n", to_text(spec).c_str());

  const std::vector<double> points = {0.3, -1.0, 0.5, 0.0,   // x
                                      1.0, 0.2,  0.1, 0.7};  // y
  bochner::Matrix<double> phi(2, map.num_features());
  std::vector<std::int32_t> exponent(2);
  map.apply(bochner::Side::query, {points.data(), 2, kDim}, {phi, exponent});

  double product = 0.0;
  for (bochner::Index j = 0; j < phi.cols(); ++j) product += phi(0, j) * phi(1, j);
  const double estimate = std::ldexp(product, exponent[0] + exponent[1]);
  const double exact = evaluate(spec.kernel, points.data(), points.data() + kDim, kDim);
  std::printf("k(x, y) = %.4f, estimated %.4f\n", exact, estimate);
  return std::abs(estimate - exact) < 0.1 ? 0 : 1;
}
