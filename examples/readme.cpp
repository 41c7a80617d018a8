// SPDX-License-Identifier: Apache-2.0
//
// The lines of the README, with something around them to run.

#include <bochner/bochner.hpp>

#include <cstdio>

int main() {
  const std::size_t n = 400;
  bochner::Matrix<double> x(n, 8);
  bochner::Stream({7}, bochner::Purpose::study).normals(0, {x.data(), 8 * n});

  bochner::FeatureMapSpec spec{.input_dim = 8, .num_frequencies = 256, .seed = {1}};
  spec.kernel = bochner::GaussianKernel{bochner::Isotropic{bochner::median_lengthscale(x)}};
  const bochner::FeatureMap<double> map(spec);
  const bochner::Matrix<double> phi = bochner::features(map, x);

  const double predicted = bochner::gram_error(spec, x).relative_error;
  const double measured = bochner::gram_distance(map, x, x).relative();

  double product = 0.0;
  for (bochner::Index j = 0; j < phi.cols(); ++j) product += phi(0, j) * phi(1, j);
  std::printf("%s\n", to_text(spec).c_str());
  std::printf("k(x_0, x_1) = %.4f, estimated %.4f\n",
              evaluate(spec.kernel, x.row(0), x.row(1), x.cols()), product);
  std::printf("relative error of the %zu x %zu kernel matrix: predicted %.4f, measured %.4f\n", n,
              n, predicted, measured);
  return measured < 2.0 * predicted ? 0 : 1;
}
