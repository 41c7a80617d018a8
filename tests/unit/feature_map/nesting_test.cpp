// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/error.hpp>
#include <bochner/feature_map.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using Catch::Matchers::Contains;

TEST_CASE("what validates can be written and read again, however deeply sums are nested",
          "[spec]") {
  Kernel kernel = GaussianKernel{Isotropic{1.5}};
  bool refused = false;
  for (int depth = 0; depth < 9; ++depth) {
    const FeatureMapSpec spec{.input_dim = 2,
                              .num_frequencies = 4,
                              .kernel = kernel,
                              .projection = IidProjection{},
                              .features = TrigonometricFeatures{},
                              .seed = {1},
                              .transform = {}};
    INFO("depth " << depth);
    bool valid = true;
    try {
      validate(spec);
    } catch (const InvalidArgument& error) {
      CHECK_THAT(error.what(), Contains("nested too deeply"));
      valid = false;
    }
    if (valid) CHECK(parse_spec(to_text(spec)) == spec);
    if (!valid) CHECK_THROWS_WITH(parse_spec(to_text(spec)), Contains("nested too deeply"));
    refused = refused || !valid;
    kernel = SumKernel{{{1.0, {}, kernel}}};
  }
  CHECK(refused);
}
