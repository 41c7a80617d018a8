// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "bochner/estimator/variance.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace bochner;

TEST_CASE("row moments refuse what moments of the estimate refuse", "[variance]") {
  const std::vector<double> x = {0.3, -0.2, 0.5};
  const std::vector<double> y = {0.1, 0.4, -0.3};
  const std::vector<FeatureMapSpec> wrong = {{.input_dim = 3,
                                              .num_frequencies = 0,
                                              .kernel = ArcCosineKernel{},
                                              .projection = IidProjection{},
                                              .features = RectifiedFeatures{}},
                                             {.input_dim = 3,
                                              .num_frequencies = 4,
                                              .kernel = ProductLaplacianKernel{},
                                              .projection = IidProjection{},
                                              .features = PositiveFeatures{}},
                                             {.input_dim = 3,
                                              .num_frequencies = 0,
                                              .kernel = SoftmaxKernel{},
                                              .projection = RademacherProjection{},
                                              .features = MaclaurinFeatures{}}};
  for (const FeatureMapSpec& spec : wrong) {
    CAPTURE(to_text(spec));
    CHECK_THROWS_AS(kernel_moments(spec, x, y), InvalidArgument);
    CHECK_THROWS_AS(row_moment(spec, 1, x, y), InvalidArgument);
  }
}

TEST_CASE("constant radii of one dimension are no independent draws", "[variance]") {
  const std::vector<double> x = {0.7};
  const std::vector<double> y = {0.4};
  const FeatureMapSpec spec{.input_dim = 1,
                            .num_frequencies = 4,
                            .kernel = ArcCosineKernel{.order = 2},
                            .projection = OrthogonalProjection{Radii::constant},
                            .features = RectifiedFeatures{}};
  CHECK_NOTHROW(validate(spec));
  CHECK_THROWS_AS(kernel_moments(spec, x, y), InvalidArgument);
}

TEST_CASE("a negative kernel has a logarithm of its size", "[variance]") {
  const SpectralMixtureKernel kernel{{{1.0, {0.5}, {1e-3}}}};
  const FeatureMapSpec spec{.input_dim = 1,
                            .num_frequencies = 4,
                            .kernel = kernel,
                            .projection = IidProjection{},
                            .features = TrigonometricFeatures{}};
  const std::vector<double> x = {0.0};
  const std::vector<double> y = {1.0};  // half a period
  const KernelMoments moments = kernel_moments(spec, x, y);
  REQUIRE(moments.exact < 0.0);
  CHECK(moments.log_exact == Approx(std::log(-moments.exact)));
}
