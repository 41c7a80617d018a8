// SPDX-License-Identifier: Apache-2.0
//
// The lines of the README, with something around them to run.

#include <bochner/bochner.hpp>

#include <cstdint>
#include <cstdio>
#include <vector>

int main() {
  const std::size_t n = 400;
  bochner::Matrix<double> x(n, 8);
  bochner::Stream({7}, bochner::Purpose::study).normals(0, {x.data(), 8 * n});

  bochner::FeatureMapSpec spec{.input_dim = 8, .num_frequencies = 256, .seed = {1}};
  spec.kernel = bochner::GaussianKernel{bochner::Isotropic{bochner::median_lengthscale(x)}};
  const bochner::FeatureMap<double> map(spec);

  bochner::Matrix<double> phi(n, map.num_features());
  std::vector<std::int32_t> exponent(n);
  map.apply(bochner::Side::query, x, {phi, exponent});

  const double predicted = bochner::gram_error<double>(spec, x).relative_error;
  const double measured = bochner::gram_distance<double>(map, x, x).relative();

  std::printf("%s\n", to_text(spec).c_str());
  std::printf("relative error of the %zu x %zu kernel matrix: predicted %.4f, measured %.4f\n", n,
              n, predicted, measured);
  return measured < 2.0 * predicted ? 0 : 1;
}
