// SPDX-License-Identifier: Apache-2.0
#include "estimator/fixed_angle.hpp"

#include "bochner/estimator/variance.hpp"
#include "estimator/kummer.hpp"
#include "estimator/row_moments.hpp"
#include "oracle.hpp"

#include <boost/math/quadrature/tanh_sinh.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

using namespace bochner;
using namespace bochner::estimator;

namespace {

using R = oracle::Float<50>;

/// G(c, x) by tanh-sinh quadrature of the series, in fifty digits.
R cross_moment(double d, const R& c, const R& x) {
  static boost::math::quadrature::tanh_sinh<R> rule(9);
  const R half_pi = acos(R(-1)) / 2;
  const auto weight = [&](const R& t) -> R { return pow(sin(2 * t), R(d) - 1); };
  const R sum = rule.integrate(
      [&](const R& t) -> R {
        return oracle::kummer<R>(d, R(x * (1 + c * sin(2 * t)))) * weight(t);
      },
      R(0), half_pi, R(1e-25));
  return sum / rule.integrate(weight, R(0), half_pi, R(1e-25));
}

/// F Var / SM^2 at |x + y|^2 = s with m frequencies.
double scaled_variance(Index d, Index m, double s, const Projection& projection,
                       const FeatureFunction& features) {
  const FeatureMapSpec spec{.input_dim = d,
                            .num_frequencies = m,
                            .kernel = SoftmaxKernel{},
                            .projection = projection,
                            .features = features};
  std::vector<double> x(static_cast<std::size_t>(d), 0.0);
  x[0] = 0.5 * std::sqrt(s);
  const KernelMoments moments = kernel_moments(spec, x, x);
  return static_cast<double>(num_features(spec)) * moments.variance /
         (moments.exact * moments.exact);
}

}  // namespace

TEST_CASE("cross moments at a fixed angle: golden values", "[fixed_angle]") {
  const double x = 0.5;
  CHECK((1.0 - static_cast<double>(fixed_angle_deficit(4.0, -1.0 / 3.0, x))) * std::exp(2 * x) ==
        Approx(1.95593114464).epsilon(1e-11));
  CHECK(static_cast<double>(fixed_angle_cosine_covariance(4.0, -1.0 / 3.0, x)) + std::exp(-2 * x) ==
        Approx(0.5 * (0.469954740395 + 0.221535238353)).epsilon(1e-11));
}

TEST_CASE("cross moments at a fixed angle agree with fifty digits", "[fixed_angle]") {
  for (const double d : {2.0, 3.0, 4.0, 7.0, 16.0, 64.0}) {
    const double c = -1.0 / (d - 1.0);
    for (const double x : {1e-4, 0.05, 0.7, 3.0, 12.0}) {
      CAPTURE(d, x);
      const R negative = cross_moment(d, R(c), R(x)) * exp(R(-2 * x));
      const R positive = cross_moment(d, R(-c), R(x)) * exp(R(-2 * x));
      CHECK(oracle::relative_error(static_cast<double>(fixed_angle_deficit(d, c, x)),
                                   R(1 - negative)) < 1e-13);
      const double even = static_cast<double>(R(1 - (negative + positive) / 2));
      CHECK(static_cast<double>(fixed_angle_even_deficit(d, c, x)) ==
            Approx(even).epsilon(1e-12).margin(1e-13 * std::min(1.0, x * x / d)));
      const R cosine = (cross_moment(d, R(c), R(-x)) + cross_moment(d, R(-c), R(-x))) / 2;
      CHECK(static_cast<double>(fixed_angle_cosine_covariance(d, c, x)) ==
            Approx(static_cast<double>(R(cosine - exp(R(-2 * x)))))
                .epsilon(1e-12)
                .margin(1e-14 * std::min(1.0, x * x / d)));
    }
  }
}

TEST_CASE("opposite rows in the plane, however long the vector", "[fixed_angle]") {
  // c = -1, d = 2: w1 = R1 u, w2 = -R2 u. M(2; 1; y) = e^y (1 + y) leaves integrals over the angle
  // p, here in fifty digits by tanh-sinh.
  static boost::math::quadrature::tanh_sinh<R> rule(12);
  const auto mean = [](const auto& f) -> R {
    // Over t = pi/2 - p, so that the peak is at an end, which tanh-sinh resolves.
    const R half_pi = acos(R(-1)) / 2;
    return rule.integrate([&](const R& t) -> R { return cos(t) * f(cos(t)); }, R(0), half_pi,
                          R(1e-25));
  };
  for (const double x_ : {0.3, 8.0, 60.0, 1e3, 1e5}) {
    CAPTURE(x_);
    const R x = x_;
    const auto side = [&](const R& sign, const R& growth) -> R {
      return mean([&](const R& sine) -> R {
        const R y = x * (1 + sign * sine);
        return exp(growth * y - (growth > 0 ? 2 * x : R(0))) * (1 + growth * y);
      });
    };
    const R one = 1 - side(R(-1), R(1));
    CHECK(oracle::relative_error(static_cast<double>(fixed_angle_deficit(2.0, -1.0, x_)), one) <
          1e-13);
    const R even = 1 - (side(R(-1), R(1)) + side(R(1), R(1))) / 2;
    CHECK(static_cast<double>(fixed_angle_even_deficit(2.0, -1.0, x_)) ==
          Approx(static_cast<double>(even)).epsilon(1e-12 + 1e-15 * x_));
    const R cosine = (side(R(-1), R(-1)) + side(R(1), R(-1))) / 2 - exp(-2 * x);
    CHECK(static_cast<double>(fixed_angle_cosine_covariance(2.0, -1.0, x_)) ==
          Approx(static_cast<double>(cosine)).epsilon(1e-11).margin(1e-14));
  }
}

TEST_CASE("huge vectors cost no more than others", "[fixed_angle]") {
  for (const double d : {2.0, 3.0, 16.0, 512.0}) {
    const double c = -1.0 / (d - 1.0);
    for (const double x : {1e8, 1e20, 1e150}) {
      CAPTURE(d, x);
      CHECK(static_cast<double>(fixed_angle_deficit(d, c, x)) == Approx(1.0));
      CHECK(std::isfinite(static_cast<double>(fixed_angle_even_deficit(d, c, x))));
      CHECK(std::abs(static_cast<double>(fixed_angle_cosine_covariance(d, c, x))) < 1e-3);
    }
  }
}

TEST_CASE("a right angle is an orthogonal block", "[fixed_angle]") {
  for (const double d : {2.0, 5.0, 64.0, 1000.0}) {
    for (const double x : {1e-6, 0.3, 5.0}) {
      CHECK(static_cast<double>(fixed_angle_deficit(d, 0.0, x)) ==
            Approx(orthogonal_deficit(d, x)).epsilon(1e-14));
      CHECK(static_cast<double>(fixed_angle_cosine_covariance(d, 0.0, x)) ==
            Approx(orthogonal_cosine_covariance(d, x)).epsilon(1e-13));
    }
  }
}

TEST_CASE("simplex variances at equal feature count, as tabulated", "[fixed_angle]") {
  struct Row {
    Index d;
    double s;
    double value;
    double unit;  ///< of the last printed digit
  };
  for (const Row& row :
       {Row{16, 0.25, 0.0218, 1e-4}, Row{16, 1.0, 0.470, 1e-3}, Row{16, 2.0, 3.53, 1e-2},
        Row{16, 4.0, 47.3, 0.1}, Row{16, 8.0, 2968, 1}, Row{64, 0.25, 0.0079, 1e-4},
        Row{64, 1.0, 0.293, 1e-3}, Row{64, 2.0, 2.76, 1e-2}, Row{64, 4.0, 43.8, 0.1},
        Row{64, 8.0, 2955, 1}}) {
    CAPTURE(row.d, row.s);
    CHECK(
        std::abs(scaled_variance(row.d, 2 * row.d, row.s, SimplexProjection{}, PositiveFeatures{}) -
                 row.value) <= 0.5000001 * row.unit);
  }
}

TEST_CASE("positive features over antithetic pairs are hyperbolic features", "[fixed_angle]") {
  for (const Index d : {1, 3, 16}) {
    for (const double s : {0.01, 0.8, 3.0}) {
      for (const Index m : {2, 6, 32, 36}) {
        CAPTURE(d, s, m);
        for (const double a : {0.0, -0.1}) {
          CHECK(scaled_variance(d, m, s, AntitheticProjection{}, OprfFeatures{a}) ==
                Approx(scaled_variance(d, m / 2, s, OrthogonalProjection{},
                                       HyperbolicOprfFeatures{a})));
          CHECK(scaled_variance(d, m, s, AntitheticProjection{Directions::independent},
                                OprfFeatures{a}) ==
                Approx(scaled_variance(d, m / 2, s, IidProjection{}, HyperbolicOprfFeatures{a})));
        }
        // An even feature sees each frequency twice.
        CHECK(scaled_variance(d, m, s, AntitheticProjection{}, HyperbolicFeatures{}) ==
              Approx(2.0 *
                     scaled_variance(d, m / 2, s, OrthogonalProjection{}, HyperbolicFeatures{})));
      }
    }
  }
}

TEST_CASE("a lone row of an antithetic draw counts as a row", "[fixed_angle]") {
  // 7 rows in 3 dimensions: a whole block of 6, and one; 5 rows: two pairs and one.
  const BlockLaw block = block_law(AntitheticProjection{}, 3);
  CHECK(block.size == 6);
  CHECK(block.shares(6).blocks == 1.0);
  CHECK(block.shares(7).rows == Approx(1.0 / 7.0));
  CHECK(block.shares(7).blocks == Approx(6.0 / 7.0));
  const BlockLaw::Shares five = block.shares(5);
  // m Var = V + (2 / m) (pairs) C_a + ..., the same by counting ordered pairs of rows.
  const double v = 1.3;
  const double opposite = -0.4;
  const double orthogonal = -0.05;
  const double pair = v + opposite;
  const double whole = pair + 4.0 * orthogonal;
  CHECK(five.mix(v, pair, whole) ==
        Approx((5.0 * v + 4.0 * opposite + (5.0 * 4.0 - 4.0) * orthogonal) / 5.0));
}
