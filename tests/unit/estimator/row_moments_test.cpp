// SPDX-License-Identifier: Apache-2.0
#include "estimator/row_moments.hpp"

#include "oracle.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

using namespace bochner;
using namespace bochner::estimator;

namespace {

using R = oracle::Float<100>;

struct Exact {
  R mean, second, pair;  ///< E h, E h^2, E h_1 h_2
};

/// The textbook forms, in many digits.
Exact textbook(const RowLaw& row, const BlockLaw& block, double s_) {
  const R s = s_;
  const R d = block.dim;
  const R a = row.a;
  const bool sphere = block.radii == Radii::constant;
  const auto transform = [&](const R& t) -> R {  // E e^{w.v}, |v|^2 = t; cosines for negative t
    return sphere ? oracle::sphere_mean<R>(block.dim, d * t / 4) : R(exp(t / 2));
  };
  if (row.argument == RowLaw::Argument::difference) {
    return {transform(-s), (1 + transform(-4 * s)) / 2 + R(row.phase_variance),
            sphere ? transform(-2 * s) : oracle::kummer<R>(block.dim, -s / 2)};
  }
  const R stretched = (1 - 4 * a) * s;
  if (sphere) {
    const R front = exp(2 * a * d) * pow(1 - 4 * a, d / 2);
    const R second = transform(4 * stretched);
    return {front * transform(stretched),
            front * front * (row.sides == RowLaw::Sides::both ? R((1 + second) / 2) : second),
            front * front * transform(2 * stretched)};
  }
  const R front = pow(1 - 4 * a, d) / pow(1 - 8 * a, d / 2);
  const R grown = exp(2 * stretched / (1 - 8 * a));
  return {transform(s), front * (row.sides == RowLaw::Sides::both ? R((grown + 1) / 2) : grown),
          oracle::kummer<R>(block.dim, s / 2)};
}

void check_log(const Scaled& computed, const R& exact) {
  if (exact == 0) {
    CHECK(computed.mantissa == 0.0);
    return;
  }
  REQUIRE(computed.mantissa > 0.0);
  const auto expected = static_cast<double>(R(log(exact)));
  CHECK(std::abs(computed.log_magnitude() - expected) <= 1e-12 * std::max(1.0, std::abs(expected)));
}

/// The moments that the textbook has.
RowMoments in_units_of_u(const RowLaw& row, double s, const RowMoments& h) {
  const double unit = row.natural(s);
  return {.bias = shifted(h.bias, unit),
          .variance = shifted(h.variance, 2.0 * unit),
          .block = shifted(h.block, 2.0 * unit),
          .pair = shifted(h.pair, 2.0 * unit)};
}

const std::vector<FeatureFunction> kFeatures = {
    TrigonometricFeatures{},      CosineFeatures{},
    PositiveFeatures{},           HyperbolicFeatures{},
    OprfFeatures{-0.2},           OprfFeatures{-0.001},
    OprfFeatures{0.05},           OprfFeatures{0.12},
    HyperbolicOprfFeatures{-0.2}, HyperbolicOprfFeatures{-0.001},
    HyperbolicOprfFeatures{0.05}};

}  // namespace

TEST_CASE("moments of rows and blocks agree with a hundred digits", "[variance]") {
  for (const Index dim : {1, 2, 3, 4, 7, 16, 64, 1024}) {
    for (const Radii radii : {Radii::sampled, Radii::constant}) {
      const BlockLaw block = block_law(OrthogonalProjection{radii}, dim);
      for (const FeatureFunction& features : kFeatures) {
        const RowLaw row = row_law(features);
        // Beyond, the alternating oracle has no digits left; its terms reach e^{2s}.
        const double largest = radii == Radii::constant ? 1.5 : 4.0;
        for (double log_s = -12.0; log_s <= largest;
             log_s += radii == Radii::constant ? 2.25 : 2.0) {
          const double s = std::pow(10.0, log_s);
          CAPTURE(dim, to_text(features), static_cast<int>(radii), s);
          const Exact exact = textbook(row, block, s);
          const RowMoments h = in_units_of_u(row, s, row_moments(row, block, s));
          if (dim == 1 && radii == Radii::constant && row.sides == RowLaw::Sides::both &&
              row.phase_variance == 0.0) {
            CHECK(h.variance.mantissa == 0.0);
            continue;
          }
          check_log(h.variance, exact.second - exact.mean * exact.mean);
          check_log(h.block, exact.second - exact.mean * exact.mean +
                                 (dim - 1) * (exact.pair - exact.mean * exact.mean));
          const R unbiased = exp(R(row.sign() * s / 2));
          if (radii == Radii::sampled) {
            CHECK(h.bias.mantissa == 0.0);
          } else {
            const double size = std::max(1.0, static_cast<double>(unbiased));
            CHECK(h.bias.value() ==
                  Approx(static_cast<double>(R(exact.mean - unbiased))).margin(1e-13 * size));
          }
        }
      }
    }
  }
}

TEST_CASE("the parameter of OPRF features does not enter the covariance", "[variance]") {
  // block = variance + (size - 1) covariance.
  const BlockLaw block = block_law(OrthogonalProjection{}, 5);
  const auto covariance = [&](const FeatureFunction& features) {
    const RowMoments h = row_moments(row_law(features), block, 0.8);
    return (h.block.value() - h.variance.value()) / 4.0;
  };
  for (const double a : {-0.5, -0.15, -0.05, 0.03}) {
    CHECK(covariance(OprfFeatures{a}) == Approx(covariance(PositiveFeatures{})).epsilon(1e-12));
    CHECK(covariance(HyperbolicOprfFeatures{a}) ==
          Approx(covariance(PositiveFeatures{})).epsilon(1e-12));
  }
}

TEST_CASE("an infinite variance is infinite", "[variance]") {
  const BlockLaw block = block_law(OrthogonalProjection{}, 5);
  const RowLaw row = row_law(OprfFeatures{0.125});
  CHECK(row_moments(row, block, 0.5).variance.value() == INFINITY);
  CHECK(row_moments(row, block, 0.5).variance.log_magnitude() == INFINITY);
  // The fourth moment is infinite from 1/16 on.
  CHECK(raw_moment(row_law(OprfFeatures{0.0624}), block, 4, 0.5).log_magnitude() < INFINITY);
  CHECK(raw_moment(row_law(OprfFeatures{0.0625}), block, 4, 0.5).value() == INFINITY);
  CHECK(raw_moment(row_law(OprfFeatures{0.0625}), block, 3, 0.5).value() < INFINITY);
}

TEST_CASE("a variance beyond double has a finite logarithm", "[variance]") {
  const BlockLaw block = block_law(OrthogonalProjection{}, 16);
  const RowMoments h = row_moments(row_law(PositiveFeatures{}), block, 1000.0);
  CHECK(h.variance.value() == INFINITY);
  CHECK(h.variance.log_magnitude() == Approx(1000.0));  // e^{2s} in units of e^s
}

TEST_CASE("raw moments: first and second are the mean and the variance", "[variance]") {
  for (const Index dim : {1, 3, 16}) {
    for (const Radii radii : {Radii::sampled, Radii::constant}) {
      const BlockLaw block = block_law(OrthogonalProjection{radii}, dim);
      for (const FeatureFunction& features : kFeatures) {
        for (const double s : {0.01, 0.7, 3.0}) {
          CAPTURE(dim, to_text(features), static_cast<int>(radii), s);
          const RowLaw row = row_law(features);
          const RowMoments h = row_moments(row, block, s);
          const double mean = std::exp(0.5 * row.sign() * s - row.natural(s)) + h.bias.value();
          CHECK(raw_moment(row, block, 1, s).value() == Approx(mean).epsilon(1e-12));
          CHECK(raw_moment(row, block, 2, s).value() ==
                Approx(h.variance.value() + mean * mean).epsilon(1e-12));
        }
      }
    }
  }
}

TEST_CASE("raw moments of order three and four: closed forms", "[variance]") {
  const BlockLaw block = block_law(IidProjection{}, 6);
  const double s = 0.4;
  const auto moment = [&](const FeatureFunction& features, int order) {
    const RowLaw row = row_law(features);
    return shifted(raw_moment(row, block, order, s), order * row.natural(s)).value();
  };
  CHECK(moment(PositiveFeatures{}, 3) == Approx(std::exp(4.5 * s)));
  CHECK(moment(PositiveFeatures{}, 4) == Approx(std::exp(8.0 * s)));
  CHECK(moment(HyperbolicFeatures{}, 4) ==
        Approx((std::exp(8.0 * s) + 4.0 * std::exp(2.0 * s) + 3.0) / 8.0));
  CHECK(moment(TrigonometricFeatures{}, 3) ==
        Approx(0.75 * std::exp(-0.5 * s) + 0.25 * std::exp(-4.5 * s)));
  CHECK(moment(TrigonometricFeatures{}, 4) ==
        Approx(0.375 + 0.5 * std::exp(-2.0 * s) + 0.125 * std::exp(-8.0 * s)));
  const double a = -0.1;
  for (const int k : {3, 4}) {
    const double narrowing = 1.0 - 4.0 * k * a;
    CHECK(moment(OprfFeatures{a}, k) ==
          Approx(std::pow(1.0 - 4.0 * a, 3.0 * k) * std::pow(narrowing, -3.0) *
                 std::exp(k * k * (1.0 - 4.0 * a) * s / (2.0 * narrowing))));
  }
  // A random phase adds an independent cosine: by quadrature over it and over w.v ~ N(0, s).
  for (const int k : {3, 4}) {
    double sum = 0.0;
    double total = 0.0;
    constexpr int kNodes = 400;
    for (int i = 0; i < kNodes; ++i) {
      const double g = -10.0 + 20.0 * (i + 0.5) / kNodes;
      for (int j = 0; j < 16; ++j) {
        const double weight = std::exp(-0.5 * g * g);
        sum += weight * std::pow(std::cos(std::sqrt(s) * g) + std::cos(M_PI * j / 8.0), k);
        total += weight;
      }
    }
    CHECK(moment(CosineFeatures{}, k) == Approx(sum / total).epsilon(1e-12));
  }
}

TEST_CASE("pairs in truncated blocks", "[variance]") {
  const BlockLaw block = block_law(OrthogonalProjection{}, 6);
  CHECK(block.shares(6).blocks == 1.0);
  CHECK(block.shares(12).blocks == 1.0);
  CHECK(block.shares(1).blocks == 0.0);
  CHECK(block.shares(4).blocks == Approx(4.0 * 3.0 / (4.0 * 5.0)));
  CHECK(block.shares(9).blocks == Approx((6.0 * 5.0 + 3.0 * 2.0) / (9.0 * 5.0)));
  CHECK(block_law(IidProjection{}, 6).shares(9).blocks == 0.0);
  CHECK(block_law(OrthogonalProjection{}, 1).shares(9).blocks == 0.0);
  CHECK(block_law(HadamardProjection{}, 100).size == 128);
  CHECK(block_law(HadamardProjection{}, 5).size == 5);
}

TEST_CASE("moments keep their digits however long the vector is", "[variance]") {
  // Relative to the squared mean: u = d/2 log((1 - 4a)^2 / (1 - 8a)) + s / (1 - 8a), which stays
  // small for the a that goes with s although the moments themselves have e^{2s}.
  for (const Index dim : {Index{1}, Index{2}, Index{3}, Index{8}, Index{64}, Index{512}}) {
    for (const Projection& projection :
         {Projection(IidProjection{}), Projection(OrthogonalProjection{}),
          Projection(SimplexProjection{}), Projection(AntitheticProjection{})}) {
      const BlockLaw block = block_law(projection, dim);
      for (const double s : {1e4, 1e8, 1e16, 1e24}) {
        CAPTURE(dim, to_text(projection), s);
        const double a = -0.25 * s / static_cast<double>(dim);
        const R narrowing = 1 - 8 * R(a);
        const R u = R(dim) / 2 * log((1 - 4 * R(a)) * (1 - 4 * R(a)) / narrowing) + s / narrowing;
        const RowMoments one = row_moments(row_law(OprfFeatures{a}), block, s);
        CHECK(one.variance.log_magnitude() ==
              Approx(static_cast<double>(R(log(expm1(u))))).epsilon(1e-12));
        const RowMoments both = row_moments(row_law(HyperbolicOprfFeatures{a}), block, s);
        CHECK(both.variance.log_magnitude() ==
              Approx(static_cast<double>(R(log(expm1(u) - exp(u) / 2)))).epsilon(1e-12));
        CHECK(both.block.mantissa > 0.0);
        CHECK(std::isfinite(one.block.log_magnitude()));
      }
    }
  }
}
