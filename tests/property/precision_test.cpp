// SPDX-License-Identifier: Apache-2.0
#include "property/specs.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

using namespace bochner;

TEST_CASE("float features agree with double ones to float's precision", "[property][accuracy]") {
  // A feature is a smooth function of an angle or a log-feature p = w.x; p carries an absolute
  // error of a few eps |w| |x|, and so does the feature, relatively. |w| |x| is up to about 10 for
  // normal frequencies, and more for heavy tails.
  constexpr double kEps = 6.0e-8;
  constexpr double kTolerance = 64.0 * kEps;
  for (const Index dim : {5, 20}) {
    const Matrix<float> x = property::rows<float>(70, dim);
    const Matrix<double> xd = property::rows<double>(70, dim);
    for (const FeatureMapSpec& spec : property::specs(dim, 37)) {
      INFO(to_text(spec));
      const auto single = property::apply<float>(FeatureMap<float>(spec), x);
      const FeatureMap<double> map(spec);
      const auto reference = property::apply<double>(map, xd);
      const double angle =
          0.5 * std::sqrt(static_cast<double>(dim)) * property::largest_frequency(map);
      REQUIRE(single.phi.cols() == reference.phi.cols());
      double worst = 0.0;
      for (Index i = 0; i < x.rows(); ++i) {
        const auto row = static_cast<std::size_t>(i);
        const double shift = std::ldexp(1.0, single.exponent[row] - reference.exponent[row]);
        double largest = 0.0;
        double difference = 0.0;
        for (Index j = 0; j < single.phi.cols(); ++j) {
          largest = std::max(largest, std::abs(reference.phi(i, j)));
          difference = std::max(difference, std::abs(shift * static_cast<double>(single.phi(i, j)) -
                                                     reference.phi(i, j)));
        }
        worst = std::max(worst, difference / largest);
      }
      CHECK(worst < kTolerance * std::max(1.0, angle / 10.0));
      CHECK(worst > 0.0);
    }
  }
}

TEST_CASE("a float map made of a double one has the bits of one made of the spec", "[property]") {
  for (const Index dim : {5, 20}) {
    const Matrix<float> x = property::rows<float>(70, dim);
    for (const FeatureMapSpec& spec : property::specs(dim, 37)) {
      INFO(to_text(spec));
      const FeatureMap<float> own(spec);
      const FeatureMap<float> made{FeatureMap<double>(spec)};
      REQUIRE(made.spec() == spec);
      REQUIRE(made.num_features() == own.num_features());
      for (const Side side : {Side::query, Side::key}) {
        Matrix<float> phi(70, own.num_features()), other(70, own.num_features());
        std::vector<std::int32_t> exponent(70), other_exponent(70);
        own.apply(side, x.view(), {phi.view(), exponent});
        made.apply(side, x.view(), {other.view(), other_exponent});
        CHECK(std::equal(phi.data(), phi.data() + phi.size(), other.data()));
        CHECK(exponent == other_exponent);
        Matrix<float> dx(70, dim), other_dx(70, dim);
        own.pullback(side, x.view(), phi.view(), dx.view());
        made.pullback(side, x.view(), phi.view(), other_dx.view());
        CHECK(std::equal(dx.data(), dx.data() + dx.size(), other_dx.data()));
      }
      const Matrix<double> w = own.frequencies(), other_w = made.frequencies();
      CHECK(std::equal(w.data(), w.data() + w.size(), other_w.data()));
    }
  }
}

TEST_CASE("a double map whose scales float cannot hold makes no float one", "[property][bad]") {
  const FeatureMap<double> map(
      {.input_dim = 2, .num_frequencies = 4, .kernel = GaussianKernel{Isotropic{1e-60}}});
  CHECK_THROWS_WITH(FeatureMap<float>(map), Catch::Matchers::Contains("beyond the range of float"));
}
