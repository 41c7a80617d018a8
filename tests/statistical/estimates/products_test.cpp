// SPDX-License-Identifier: Apache-2.0
#include "fourth_moment.hpp"
#include "kernel/standard_form.hpp"
#include "mean_check.hpp"

#include <cmath>

using namespace bochner;
using namespace bochner::testing;

namespace {

std::vector<Kernel> whole_kernels() {
  return {ProductLaplacianKernel{},
          ProductCauchyKernel{Isotropic{0.7}},
          ProductLaplacianKernel{Diagonal{{1.0, 2.0, 0.5, 1.0, 1.5}}},
          SpectralMixtureKernel{{{0.7, {0.2}, {0.1}}, {1.6, {0.0}, {0.2, 0.0, 0.1, 0.3, 0.05}}}},
          SumKernel{{{2.0, {}, MaternKernel{1.5, Isotropic{0.8}}},
                     {0.5, {1, 3}, ProductCauchyKernel{}},
                     {0.7, {}, SpectralMixtureKernel{}}}},
          ProductKernel{{{1.5, {0, 1, 2}, RationalQuadraticKernel{0.7, {}}},
                         {1.0, {4, 3}, ProductLaplacianKernel{Diagonal{{1.0, 3.0}}}}}}};
}

}  // namespace

TEST_CASE("every map of a kernel that is not isotropic is unbiased", "[unbiased]") {
  check_means([](const Kernel& k) { return spectral_measure(k).whole() != nullptr; }, 700);
  std::uint64_t seed = 740;
  for (const Kernel& kernel : whole_kernels()) {
    for (const Projection& projection :
         {Projection(IidProjection{}), Projection(SobolProjection{})}) {
      for (const Pair& pair : {dense_pair(5, 1.0, 1.0), sparse_pair(5, 0.3, 2.0)}) {
        check_mean(make_spec(5, 5, kernel, projection, TrigonometricFeatures{}), pair, 4000,
                   ++seed);
      }
    }
  }
}

TEST_CASE("independent rows have the variance that the kernel at 2 (x - y) gives", "[variance]") {
  std::uint64_t seed = 780;
  const Pair pair = dense_pair(5, 0.8, 0.8);
  for (const Kernel& kernel : whole_kernels()) {
    for (const FeatureFunction& features :
         {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(CosineFeatures{})}) {
      const FeatureMapSpec spec = make_spec(5, 4, kernel, IidProjection{}, features);
      const CheckResult result = check_row_variance(spec, pair, ++seed);
      FeatureMapSpec longer = spec;
      longer.num_frequencies += 1;
      caught_z(result.measured, kernel_moments(longer, pair.x, pair.y).variance, result.sigma);
    }
  }
}

TEST_CASE("a direction times a Cauchy radius is not a product of Cauchy coordinates", "[wrong]") {
  // The isotropic Laplacian's frequencies passed off as those of the product one.
  const Pair pair = dense_pair(5, 1.0, 1.0);
  const FeatureMapSpec right =
      make_spec(5, 5, ProductLaplacianKernel{}, IidProjection{}, TrigonometricFeatures{});
  FeatureMapSpec wrong = right;
  wrong.kernel = LaplacianKernel{};
  const KernelMoments moments = kernel_moments(right, pair.x, pair.y);
  const CheckResult result = check_unbiased(estimates_of(wrong, pair.x, pair.y), moments.exact,
                                            moments.variance, {.replicates = 4000, .seed = {9}});
  INFO(result.sentence);
  caught_z(result.measured, result.expected, result.sigma);
}

TEST_CASE("coupled directions are refused for them, with what to use", "[spec]") {
  for (const Projection& projection :
       {Projection(OrthogonalProjection{}), Projection(SimplexProjection{}),
        Projection(HadamardProjection{}), Projection(AntitheticProjection{})}) {
    for (const Kernel& kernel : whole_kernels()) {
      const auto reason = incompatibility(kernel, projection, TrigonometricFeatures{});
      REQUIRE(reason);
      CHECK(reason->find("use iid, sobol or antithetic(directions=independent)") !=
            std::string::npos);
    }
  }
  CHECK(incompatibility(ProductCauchyKernel{}, IidProjection{}, PositiveFeatures{}));
}
