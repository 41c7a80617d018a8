// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/error.hpp>
#include <bochner/feature_map.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using Catch::Matchers::Contains;

TEST_CASE("matern12, matern32 and matern52 are Matern kernels", "[kernel]") {
  CHECK(parse_kernel("matern12") == Kernel(MaternKernel{0.5, {}}));
  CHECK(parse_kernel("matern32") == Kernel(MaternKernel{1.5, {}}));
  CHECK(parse_kernel("matern52") == Kernel(MaternKernel{2.5, {}}));
  CHECK(parse_kernel("matern32(metric=diagonal(lengthscales=[1, 2]))") ==
        Kernel(MaternKernel{1.5, Diagonal{{1.0, 2.0}}}));
  CHECK(to_text(parse_kernel("matern32")) == "matern(nu=1.5, metric=isotropic(lengthscale=1))");
  CHECK(parse_spec("input_dim=2 num_frequencies=4 kernel=matern12").kernel ==
        Kernel(MaternKernel{0.5, {}}));
  CHECK_THROWS_WITH(parse_kernel("matern52(nu=1)"), Contains("matern52 has no option 'nu'"));
  CHECK_THROWS_WITH(parse_kernel("matern72"), Contains("unknown name 'matern72'"));
}

TEST_CASE("columns and frequencies are converted by the feature function", "[spec]") {
  CHECK(num_frequencies_for(TrigonometricFeatures{}, 100) == 50);
  CHECK(num_frequencies_for(CosineFeatures{}, 101) == 101);
  CHECK_THROWS_WITH(num_frequencies_for(TrigonometricFeatures{}, 101),
                    Contains("num_features is 101, expected a positive multiple of 2"));
  CHECK_THROWS_WITH(num_frequencies_for(CosineFeatures{}, 0), Contains("num_features is 0"));
}
