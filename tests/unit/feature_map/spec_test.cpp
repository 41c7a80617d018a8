// SPDX-License-Identifier: Apache-2.0
#include <bochner/feature_map.hpp>

#include <catch2/catch.hpp>

#include <limits>
#include <string>

using namespace bochner;
using Catch::Matchers::Contains;

TEST_CASE("a spec prints as one line and reads back", "[spec]") {
  const FeatureMapSpec spec{.input_dim = 3,
                            .num_frequencies = 64,
                            .kernel = GaussianKernel{Diagonal{{0.1, 2.5, 1e-300}}},
                            .projection = HadamardProjection{.rounds = 4, .radii = Radii::constant},
                            .features = HyperbolicOprfFeatures{-0.1234567890123},
                            .seed = {std::numeric_limits<std::uint64_t>::max()},
                            .transform = {{1.0, 2.0, 3.0}, {1.0, 2.0, 3.0}}};
  const std::string line = to_text(spec);
  CHECK(line ==
        "input_dim=3 num_frequencies=64 kernel=gaussian(metric=diagonal(lengthscales=[0.1, 2.5, "
        "1e-300])) projection=hadamard(rounds=4, radii=constant) "
        "features=hyperbolic-oprf(a=-0.1234567890123) seed=18446744073709551615 "
        "transform=pair(query=[1, 2, 3], key=[1, 2, 3])");
  CHECK(parse_spec(line) == spec);
  CHECK(std::hash<FeatureMapSpec>{}(parse_spec(line)) == std::hash<FeatureMapSpec>{}(spec));
}

TEST_CASE("members left out keep their defaults, in any order", "[spec]") {
  const FeatureMapSpec spec =
      parse_spec("features=positive kernel=softmax(scale=0.125)\n num_frequencies=8 input_dim=4");
  CHECK(spec == FeatureMapSpec{.input_dim = 4,
                               .num_frequencies = 8,
                               .kernel = SoftmaxKernel{0.125},
                               .projection = OrthogonalProjection{},
                               .features = PositiveFeatures{},
                               .seed = {},
                               .transform = {}});
  CHECK(parse_kernel("gaussian") == Kernel(GaussianKernel{}));
  CHECK(parse_projection("iid()") == Projection(IidProjection{}));
}

TEST_CASE("text that is no spec is answered with the place and the choices", "[spec]") {
  CHECK_THROWS_WITH(parse_kernel("gauss"), Contains("unknown name 'gauss'") &&
                                               Contains("expected one of gaussian, softmax"));
  CHECK_THROWS_WITH(parse_kernel("softmax(temperature=2)"),
                    Contains("softmax has no option 'temperature'; it has scale"));
  CHECK_THROWS_WITH(parse_kernel("softmax(scale=1e)"), Contains("expected a number, got '1e'"));
  CHECK_THROWS_WITH(parse_projection("orthogonal(radii=big)"),
                    Contains("expected one of sampled, constant"));
  CHECK_THROWS_WITH(parse_projection("iid(x=1)"), Contains("(it has none)"));
  CHECK_THROWS_WITH(parse_features("positive negative"), Contains("unexpected text"));
  CHECK_THROWS_WITH(parse_spec("input_dim=4 input_dim=5"), Contains("given twice"));
  CHECK_THROWS_WITH(parse_spec("size=4"), Contains("unknown member 'size'"));
  CHECK_THROWS_WITH(parse_spec("input_dim="), Contains("at character 11"));
  CHECK_THROWS_AS(parse_spec(std::string(100000, '[')), InvalidArgument);
  CHECK_THROWS_AS(parse_kernel("gaussian(metric=" + std::string(100000, '[')), InvalidArgument);
}
