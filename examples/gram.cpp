// SPDX-License-Identifier: Apache-2.0
//
// A kernel matrix from features: how the error falls as frequencies are added.

#include <bochner/bochner.hpp>

#include <cstdio>

int main() {
  constexpr bochner::Index kRows = 300;
  constexpr bochner::Index kDim = 8;
  bochner::Matrix<double> x(kRows, kDim);
  const bochner::Stream stream({7}, bochner::Purpose::study);
  stream.normals(0, {x.data(), static_cast<std::size_t>(x.size())});

  bochner::FeatureMapSpec spec{.input_dim = kDim, .seed = {1}};
  spec.kernel = bochner::GaussianKernel{bochner::Isotropic{bochner::median_lengthscale(x)}};

  std::printf("%12s  %10s  %10s\n", "frequencies", "iid", "orthogonal");
  double error = 1.0;
  for (spec.num_frequencies = 16; spec.num_frequencies <= 1024; spec.num_frequencies *= 4) {
    const auto relative_error = [&](const bochner::Projection& projection) {
      spec.projection = projection;
      const bochner::FeatureMap<double> map(spec);
      return bochner::gram_distance<double>(map, x, x).relative();
    };
    const double iid = relative_error(bochner::IidProjection{});
    error = relative_error(bochner::OrthogonalProjection{});
    std::printf("%12td  %10.4f  %10.4f\n", spec.num_frequencies, iid, error);
  }
  return error < 0.05 ? 0 : 1;
}
