// SPDX-License-Identifier: Apache-2.0
#include "property/specs.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace bochner;

namespace {

FeatureMapSpec spec_of(Index dim, Index m, const Kernel& kernel, const Projection& projection) {
  return {.input_dim = dim,
          .num_frequencies = m,
          .kernel = kernel,
          .projection = projection,
          .features = TrigonometricFeatures{},
          .seed = {99},
          .transform = {}};
}

}  // namespace

TEST_CASE("more frequencies keep the old ones, bit for bit", "[property][frequencies]") {
  for (const Index dim : {1, 2, 3, 8, 20}) {
    for (const Kernel& kernel : property::kernels(dim)) {
      for (const Projection& projection : property::projections()) {
        if (incompatibility(kernel, projection, TrigonometricFeatures{})) continue;
        const FeatureMapSpec longest = spec_of(dim, 97, kernel, projection);
        INFO(to_text(longest));
        const Matrix<double> all = FeatureMap<double>(longest).frequencies();
        REQUIRE(all.rows() == 97);
        for (const Index m : {1, 7, 32, 37, 64}) {
          const Matrix<double> some =
              FeatureMap<double>(spec_of(dim, m, kernel, projection)).frequencies();
          REQUIRE(some.rows() == m);
          CHECK(std::equal(some.data(), some.data() + some.size(), all.data()));
        }
        CHECK_FALSE(std::equal(all.row(0), all.row(0) + dim, all.row(1)));
      }
    }
  }
}

TEST_CASE("frequencies() is what the map projects the identity onto", "[property][frequencies]") {
  // cos and sin of w.(h e_k) give back w_k as long as |h w_k| < pi.
  for (const Index dim : {1, 3, 8, 20, 33}) {
    for (const Kernel& kernel : property::kernels(dim)) {
      for (const Projection& projection : property::projections()) {
        if (incompatibility(kernel, projection, TrigonometricFeatures{})) continue;
        const FeatureMapSpec spec = spec_of(dim, 41, kernel, projection);
        INFO(to_text(spec));
        const FeatureMap<double> map(spec);
        const Matrix<double> w = map.frequencies();
        const double largest = property::largest_frequency(map);
        const double step = std::min(0.01, 1.0 / largest);
        Matrix<double> x(dim, dim);
        for (Index k = 0; k < dim; ++k) x(k, k) = step;
        const auto features = property::apply<double>(map, x);
        double worst = 0.0;
        for (Index j = 0; j < w.rows(); ++j) {
          for (Index k = 0; k < dim; ++k) {
            const double seen =
                std::atan2(features.phi(k, w.rows() + j), features.phi(k, j)) / step;
            // Angles are known to a few eps, frequencies to that over the step.
            worst = std::max(worst,
                             step * std::abs(seen - w(j, k)) / (0.01 + step * std::abs(w(j, k))));
          }
        }
        CHECK(worst < 1e-12);
      }
    }
  }
}

TEST_CASE("another seed draws other frequencies", "[property][frequencies]") {
  for (const Projection& projection : property::projections()) {
    FeatureMapSpec spec = spec_of(20, 40, GaussianKernel{}, projection);
    if (std::holds_alternative<RademacherProjection>(projection)) {
      spec.kernel = PolynomialKernel{3, 0.0, {}};  // as many factors with every seed
      spec.features = MaclaurinFeatures{};
    } else if (std::holds_alternative<CountSketchProjection>(projection)) {
      spec.kernel = PolynomialKernel{};
      spec.features = TensorSketchFeatures{};
    }
    if (incompatibility(spec.kernel, projection, spec.features)) continue;  // none are given
    const Matrix<double> one = FeatureMap<double>(spec).frequencies();
    spec.seed.value += 1;
    const Matrix<double> two = FeatureMap<double>(spec).frequencies();
    INFO(to_text(spec));
    CHECK_FALSE(std::equal(one.data(), one.data() + one.size(), two.data()));
  }
}
