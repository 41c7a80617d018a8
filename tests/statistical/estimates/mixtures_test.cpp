// SPDX-License-Identifier: Apache-2.0
#include "fourth_moment.hpp"
#include "kernel/standard_form.hpp"
#include "mean_check.hpp"

using namespace bochner;
using namespace bochner::testing;

TEST_CASE("every map of a scale mixture of Gaussian kernels is unbiased", "[unbiased]") {
  check_means([](const Kernel& k) { return !is_normal(spectral_measure(k).scale()); }, 300);
}

TEST_CASE("independent rows of any scale mixture have the variance of their kernel", "[variance]") {
  std::uint64_t seed = 200;
  for (const Kernel& kernel :
       {Kernel(MaternKernel{0.5, {}}), Kernel(MaternKernel{2.5, {}}), Kernel(CauchyKernel{}),
        Kernel(GeneralisedCauchyKernel{1.2, 0.6, {}})}) {
    for (const FeatureFunction& features :
         {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(CosineFeatures{})}) {
      const Pair pair = dense_pair(6, 0.8, 0.8);
      const FeatureMapSpec spec = make_spec(6, 4, kernel, IidProjection{}, features);
      const CheckResult result = check_row_variance(spec, pair, ++seed);
      FeatureMapSpec gaussian = spec;
      gaussian.kernel = GaussianKernel{};
      caught_z(result.measured, kernel_moments(gaussian, pair.x, pair.y).variance, result.sigma);
    }
  }
}
