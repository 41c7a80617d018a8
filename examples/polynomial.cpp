// SPDX-License-Identifier: Apache-2.0
//
// A polynomial kernel by TensorSketch and by random Maclaurin features: predicted and measured.

#include <bochner/bochner.hpp>

#include <cstdio>

int main() {
  constexpr bochner::Index kRows = 300;
  constexpr bochner::Index kDim = 12;
  bochner::Matrix<double> x(kRows, kDim);
  const bochner::Stream stream({7}, bochner::Purpose::study);
  stream.normals(0, {x.data(), static_cast<std::size_t>(x.size())});

  // scikit-learn's poly kernel with its default gamma, 1 / columns.
  const bochner::Kernel kernel = bochner::PolynomialKernel::from_gamma(1.0 / kDim, 1.0, 3);
  const auto show = [&](const bochner::FeatureMapSpec& spec) {
    const double predicted = bochner::gram_error<double>(spec, x.view()).relative_error;
    const bochner::FeatureMap<double> map(spec);
    const double measured = bochner::gram_distance<double>(map, x, x).relative();
    std::printf("%-52s  %9.4f  %9.4f\n", bochner::to_text(spec.features).c_str(), predicted,
                measured);
    return measured;
  };

  std::printf("%-52s  %9s  %9s\n", "features, 512 columns", "predicted", "measured");
  const double sketched = show({.input_dim = kDim,
                                .num_frequencies = 512,
                                .kernel = kernel,
                                .projection = bochner::CountSketchProjection{},
                                .features = bochner::TensorSketchFeatures{}});
  double last = 0.0;
  for (const auto exact : {bochner::ExactTerms::none, bochner::ExactTerms::linear}) {
    const double radius = bochner::optimal_maclaurin_radius(kernel, exact, x.view(), x.view());
    last = show({.input_dim = kDim,
                 .num_frequencies = 512,
                 .kernel = kernel,
                 .projection = bochner::RademacherProjection{},
                 .features = bochner::MaclaurinFeatures{radius, exact}});
  }
  return sketched < 0.5 && last < 0.5 ? 0 : 1;
}
