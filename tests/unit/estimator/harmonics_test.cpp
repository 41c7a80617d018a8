// SPDX-License-Identifier: Apache-2.0
#include "estimator/harmonics.hpp"

#include "estimator/draw_covariance.hpp"
#include "estimator/fixed_angle.hpp"
#include "estimator/kummer.hpp"
#include "estimator/row_moments.hpp"
#include "oracle.hpp"

#include <boost/math/quadrature/gauss.hpp>
#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace bochner;
using namespace bochner::estimator;

namespace {

const RowLaw kCosine = row_law(FeatureFunction(TrigonometricFeatures{}));
const RowLaw kOneSided = row_law(FeatureFunction(PositiveFeatures{}));
const RowLaw kTwoSided = row_law(FeatureFunction(HyperbolicFeatures{}));
const RowLaw kOprf = row_law(FeatureFunction(HyperbolicOprfFeatures{-0.2}));

/// Covariance of two rows of a block at vectors of squared lengths s and t and cosine `angle`, in
/// natural units.
double covariance(const RowLaw& row, const BlockLaw& block, double s, double t, double angle) {
  const Degrees which = row.sides == RowLaw::Sides::both ? Degrees::even : Degrees::all;
  const HarmonicSeries series(row, block, which, std::max(s, t));
  double sum = 0.0;
  double before = 0.0;
  double polynomial = 1.0;
  for (const HarmonicDegree& degree : series.degrees()) {
    if (degree.degree > 0) {
      sum += degree.across * series.coefficient(degree, s).value() *
             series.coefficient(degree, t).value() * polynomial;
    }
    const double argument = which == Degrees::even ? angle * angle : angle;
    const double next =
        (degree.slope * argument + degree.shift) * polynomial - degree.back * before;
    before = polynomial;
    polynomial = next;
  }
  return sum;
}

/// 1F1(a; b; x) for x >= 0.
double kummer(double a, double b, double x) {
  double term = 1.0;
  double sum = 1.0;
  for (int k = 0; term > 1e-18 * sum; ++k) {
    term *= (a + k) * x / ((b + k) * (k + 1));
    sum += term;
  }
  return sum;
}

/// E exp(w1.a + w2.b) of two orthogonal rows in d >= 4 dimensions by quadrature over the projection
/// of w1's direction on the plane of a and b, whose density is proportional to
/// (1 - rho^2)^{(d - 4) / 2}: given it, w2 is uniform in what is orthogonal to it.
double cross_moment(int d, double s, double t, double angle) {
  const double n = 0.5 * d;
  const auto given = [&](double x, double y) {
    const double along_a = std::sqrt(s) * x;
    const double along_b = std::sqrt(t) * (angle * x + std::sqrt(1.0 - angle * angle) * y);
    // E cosh(R along_a), R ~ chi(d): odd powers vanish in the mean.
    return kummer(n, 0.5, 0.5 * along_a * along_a) *
           kummer(n, n - 0.5, 0.5 * (t - along_b * along_b));
  };
  using Rule = boost::math::quadrature::gauss<double, 40>;
  constexpr int kAngles = 96;
  double total = 0.0;
  double sum = 0.0;
  for (std::size_t i = 0; i < Rule::abscissa().size(); ++i) {
    for (const double side : {-1.0, 1.0}) {
      const double rho = 0.5 * (1.0 + side * Rule::abscissa()[i]);
      const double mass = Rule::weights()[i] * rho * std::pow(1.0 - rho * rho, n - 2.0);
      for (int k = 0; k < kAngles; ++k) {
        const double phi = 2.0 * M_PI * (k + 0.5) / kAngles;
        total += mass;
        sum += mass * given(rho * std::cos(phi), rho * std::sin(phi));
      }
    }
  }
  return sum / total;
}

}  // namespace

TEST_CASE("harmonics sum to the moments at one pair", "[harmonics]") {
  for (const double d : {2.0, 3.0, 8.0, 16.0, 64.0, 100.0}) {
    const BlockLaw orthogonal{.size = static_cast<Index>(d), .dim = d};
    const BlockLaw simplex{.size = static_cast<Index>(d), .dim = d, .cosine = -1.0 / (d - 1.0)};
    for (const double s : {1e-6, 0.01, 0.25, 1.0, 4.0, 12.0}) {
      CAPTURE(d, s);
      const double x = 0.5 * s;
      // What rounding leaves is relative to one row's variance.
      const auto close = [&](double value, double expected, const RowLaw& row) {
        CHECK(std::abs(value - expected) <=
              1e-12 * row_moments(row, orthogonal, s).variance.value());
      };
      close(covariance(kOneSided, orthogonal, s, s, 1.0), -orthogonal_deficit(d, x), kOneSided);
      close(covariance(kTwoSided, orthogonal, s, s, 1.0), -orthogonal_deficit(d, x), kTwoSided);
      close(covariance(kOprf, orthogonal, s, s, 1.0), -orthogonal_deficit(d, x), kOprf);
      close(covariance(kCosine, orthogonal, s, s, 1.0), orthogonal_cosine_covariance(d, x),
            kCosine);
      close(covariance(kOneSided, simplex, s, s, 1.0),
            -static_cast<double>(fixed_angle_deficit(d, simplex.cosine, x)), kOneSided);
      close(covariance(kTwoSided, simplex, s, s, 1.0),
            -static_cast<double>(fixed_angle_even_deficit(d, simplex.cosine, x)), kTwoSided);
      close(covariance(kCosine, simplex, s, s, 1.0),
            static_cast<double>(fixed_angle_cosine_covariance(d, simplex.cosine, x)), kCosine);
    }
  }
}

TEST_CASE("covariances of a draw at one pair are its variance", "[harmonics]") {
  for (const Projection& projection :
       {Projection(IidProjection{}), Projection(OrthogonalProjection{}),
        Projection(OrthogonalProjection{Radii::constant}), Projection(SimplexProjection{}),
        Projection(AntitheticProjection{}),
        Projection(AntitheticProjection{Directions::independent}),
        Projection(HadamardProjection{})}) {
    for (const FeatureFunction& features :
         {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(CosineFeatures{}),
          FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicFeatures{}),
          FeatureFunction(OprfFeatures{-0.15}), FeatureFunction(HyperbolicOprfFeatures{-0.1})}) {
      for (const Index d : {Index{1}, Index{2}, Index{5}, Index{24}}) {
        const RowLaw row = row_law(features);
        const BlockLaw block = block_law(projection, d);
        for (const Index m : {Index{1}, d, 2 * d + 1, 5 * d}) {
          const double s = 0.7;
          CAPTURE(to_text(projection), to_text(features), d, m);
          DrawCovariance draw(row, block, m, {s}, {0.0});
          double value = 0.0;
          draw.row(0, &s, &value);
          const RowMoments moments = row_moments(row, block, s);
          const double variance = block.shares(m).mix(
              moments.variance.mantissa, moments.pair.mantissa, moments.block.mantissa);
          const double expected = Scaled{variance, moments.variance.log_scale}.value();
          const double one_row = moments.variance.value();
          CHECK(std::abs(value - expected) <= 1e-12 * (one_row + 1.0));
          const double mean =
              moments.bias.value() + std::exp(0.5 * row.sign() * s - row.natural(s));
          CHECK(draw.mean(0) == Approx(mean).epsilon(1e-12));
        }
      }
    }
  }
}

TEST_CASE("two orthogonal rows at two vectors, against quadrature", "[harmonics]") {
  for (const int d : {4, 6, 16}) {
    const BlockLaw block{.size = d, .dim = static_cast<double>(d)};
    for (const double angle : {-0.95, 0.0, 0.3, 1.0}) {
      for (const double t : {0.2, 1.0, 3.0}) {
        const double s = 0.8;
        CAPTURE(d, angle, t);
        const double expected = cross_moment(d, s, t, angle) * std::exp(-0.5 * (s + t)) - 1.0;
        CHECK(covariance(kOneSided, block, s, t, angle) ==
              Approx(expected).epsilon(1e-9).margin(1e-13));
        // A product of lengths alone would not do.
        if (angle == 0.0) {
          CHECK(covariance(kOneSided, block, s, t, angle) *
                    covariance(kOneSided, block, s, t, 1.0) <
                0.0);
        }
      }
    }
  }
}

TEST_CASE("coefficients of long vectors agree with their asymptotic series", "[harmonics]") {
  // e^{-x} M(a; b; x) ~ Gamma(b) / Gamma(a) x^{a - b} sum_k (b - a)_k (1 - a)_k / (k! x^k).
  using R = oracle::Float<60>;
  for (const double d : {1.0, 2.0, 3.0, 8.0, 64.0}) {
    const BlockLaw block{.size = static_cast<Index>(d), .dim = d};
    for (const RowLaw& row : {kOneSided, kCosine}) {
      const HarmonicSeries series(row, block, Degrees::all, 4.0);
      for (const double s : {2e5, 2e8, 2e12}) {
        for (const HarmonicDegree& degree : series.degrees()) {
          if (degree.degree == 0 || degree.degree > 12) continue;
          CAPTURE(d, s, degree.degree);
          const R l = degree.degree;
          const R n = R(d) / 2;
          const R x = R(s) / 2;
          const R a = row.argument == RowLaw::Argument::sum ? n + l / 2 : l / 2;
          const R b = n + l;
          R term = 1;
          R sum = 1;
          for (int k = 0; k < 40; ++k) {
            term *= (b - a + k) * (1 - a + k) / ((k + 1) * x);
            sum += term;
          }
          const R expected = degree.log_front + l / 2 * log(x) + lgamma(b) - lgamma(a) +
                             (a - b) * log(x) + log(sum);
          CHECK(series.coefficient(degree, s).log_magnitude() ==
                Approx(static_cast<double>(expected)).epsilon(1e-13).margin(1e-12));
        }
      }
    }
  }
}
