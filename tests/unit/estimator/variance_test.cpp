// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/variance.hpp"

#include "bochner/core/error.hpp"
#include "bochner/estimator/optimal_parameter.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

using namespace bochner;

namespace {

/// Rows x = y = (z, 0, ..., 0) / 2, so that |x + y|^2 = z2 and x.y = z2 / 4.
struct Pair {
  std::vector<double> x, y;
};
Pair sum_pair(Index dim, double z2) {
  Pair pair{std::vector<double>(static_cast<std::size_t>(dim), 0.0), {}};
  pair.x[0] = 0.5 * std::sqrt(z2);
  pair.y = pair.x;
  return pair;
}
Pair difference_pair(Index dim, double delta2) {
  Pair pair = sum_pair(dim, delta2);
  pair.y[0] = -pair.y[0];
  return pair;
}

KernelMoments softmax_moments(Index dim, Index m, double z2, const Projection& projection,
                              const FeatureFunction& features) {
  const Pair pair = sum_pair(dim, z2);
  return kernel_moments({.input_dim = dim,
                         .num_frequencies = m,
                         .kernel = SoftmaxKernel{},
                         .projection = projection,
                         .features = features},
                        pair.x, pair.y);
}

/// F Var / k^2 at equal budget: F = 2d columns.
double cost(Index dim, double z2, const Projection& projection, const FeatureFunction& features) {
  const Index per_frequency =
      std::visit([](const auto& f) { return f.features_per_frequency; }, features);
  const KernelMoments moments =
      softmax_moments(dim, 2 * dim / per_frequency, z2, projection, features);
  return static_cast<double>(2 * dim) * std::exp(moments.log_variance - 2.0 * moments.log_exact);
}

double trigonometric_variance(Index dim, Index m, double delta2, const Projection& projection) {
  const Pair pair = difference_pair(dim, delta2);
  return kernel_moments({.input_dim = dim, .num_frequencies = m, .projection = projection}, pair.x,
                        pair.y)
      .variance;
}

}  // namespace

TEST_CASE("variances at equal numbers of columns, to the printed digits", "[variance]") {
  const IidProjection iid;
  const OrthogonalProjection orthogonal;
  const struct {
    Index dim;
    double z2;
    std::vector<double> cost;  // positive iid, orthogonal, hyperbolic, OPRF iid, orthogonal, both
    std::vector<double> unit;  // half a unit of the last digit printed
  } table[] = {
      {16, 0.25, {.284, .259, .0120, .275, .249, .0061}, {5e-4, 5e-4, 5e-5, 5e-4, 5e-4, 5e-5}},
      {16, 1, {1.72, 1.34, .336, 1.46, 1.08, .102}, {5e-3, 5e-3, 5e-4, 5e-3, 5e-3, 5e-4}},
      {16, 2, {6.39, 5.05, 2.85, 4.22, 2.89, .723}, {5e-3, 5e-3, 5e-3, 5e-3, 5e-3, 5e-4}},
      {16, 4, {53.6, 49.4, 44.3, 17.2, 13.1, 7.95}, {.05, .05, .05, .05, .05, 5e-3}},
      {16, 8, {2980, 2970, 2959, 123, 113, 102}, {.5, .5, .5, .5, .5, .5}},
      {64, 0.25, {.284, .254, .0036, .282, .252, .0021}, {5e-4, 5e-4, 5e-5, 5e-4, 5e-4, 5e-5}},
      {64, 1, {1.72, 1.26, .162, 1.64, 1.18, .092}, {5e-3, 5e-3, 5e-4, 5e-3, 5e-3, 5e-4}},
      {64, 2, {6.39, 4.61, 1.97, 5.61, 3.83, 1.20}, {5e-3, 5e-3, 5e-3, 5e-3, 5e-3, 5e-3}},
      {64, 4, {53.6, 47.1, 39.6, 35.4, 28.9, 21.4}, {.05, .05, .05, .05, .05, .05}},
      {64, 8, {2980, 2959, 2938, 743, 723, 701}, {.5, .5, .5, .5, .5, .5}},
  };
  for (const auto& line : table) {
    CAPTURE(line.dim, line.z2);
    const OprfFeatures oprf{optimal_oprf_parameter(line.z2, line.dim)};
    const HyperbolicOprfFeatures both{optimal_hyperbolic_oprf_parameter(line.z2, line.dim)};
    const double computed[] = {cost(line.dim, line.z2, iid, PositiveFeatures{}),
                               cost(line.dim, line.z2, orthogonal, PositiveFeatures{}),
                               cost(line.dim, line.z2, orthogonal, HyperbolicFeatures{}),
                               cost(line.dim, line.z2, iid, oprf),
                               cost(line.dim, line.z2, orthogonal, oprf),
                               cost(line.dim, line.z2, orthogonal, both)};
    for (std::size_t i = 0; i < 6; ++i) {
      CAPTURE(i);
      CHECK(std::abs(computed[i] - line.cost[i]) <= line.unit[i] * (1.0 + 1e-9));
    }
    // The order at an equal budget, exactly.
    CHECK(computed[5] < computed[2]);
    CHECK(computed[5] < computed[4]);
    CHECK(computed[2] < computed[1]);
    CHECK(computed[4] < computed[1]);
    CHECK(computed[1] < computed[0]);
  }
}

TEST_CASE("one-row variances: closed forms at a pair", "[variance]") {
  const std::vector<double> x = {0.3, -0.2, 0.5};
  const std::vector<double> y = {0.1, 0.4, -0.6};
  const double xx = 0.38, yy = 0.53, xy = 0.03 - 0.08 - 0.30;
  const double z2 = xx + yy + 2 * xy, delta2 = xx + yy - 2 * xy;
  const auto variance = [&](const Kernel& kernel, const FeatureFunction& features) {
    return kernel_moments({.input_dim = 3,
                           .num_frequencies = 10,
                           .kernel = kernel,
                           .projection = IidProjection{},
                           .features = features},
                          x, y)
        .variance;
  };
  const double loss = std::expm1(-delta2);
  const double sm2 = std::exp(2 * xy);
  const double k2 = std::exp(-delta2);
  CHECK(variance(GaussianKernel{}, TrigonometricFeatures{}) == Approx(0.05 * loss * loss));
  CHECK(variance(GaussianKernel{}, CosineFeatures{}) ==
        Approx(0.1 * (1 + 0.5 * std::exp(-2 * delta2) - std::exp(-delta2))));
  CHECK(variance(SoftmaxKernel{}, TrigonometricFeatures{}) ==
        Approx(0.05 * std::exp(xx + yy) * loss * loss));
  CHECK(variance(SoftmaxKernel{}, PositiveFeatures{}) == Approx(0.1 * sm2 * std::expm1(z2)));
  CHECK(variance(GaussianKernel{}, PositiveFeatures{}) == Approx(0.1 * k2 * std::expm1(z2)));
  CHECK(variance(SoftmaxKernel{}, HyperbolicFeatures{}) ==
        Approx(0.05 * std::exp(-xx - yy) * std::expm1(z2) * std::expm1(z2)));
  const double a = -0.07;
  const double front = std::pow(1 - 4 * a, 3) * std::pow(1 - 8 * a, -1.5);
  const double grown = std::exp(2 * z2 * (1 - 4 * a) / (1 - 8 * a));
  CHECK(variance(SoftmaxKernel{}, OprfFeatures{a}) ==
        Approx(0.1 * std::exp(-xx - yy) * (front * grown - std::exp(z2))));
  CHECK(variance(SoftmaxKernel{}, HyperbolicOprfFeatures{a}) ==
        Approx(0.1 * std::exp(-xx - yy) * (0.5 * front * (grown + 1) - std::exp(z2))));

  const KernelMoments moments = kernel_moments({.input_dim = 3,
                                                .num_frequencies = 10,
                                                .kernel = SoftmaxKernel{0.25},
                                                .features = PositiveFeatures{}},
                                               x, y);
  CHECK(moments.exact == Approx(std::exp(0.25 * xy)));
  CHECK(moments.log_exact == Approx(0.25 * xy));
  CHECK(moments.mean == moments.exact);
  CHECK(moments.bias == 0.0);
  CHECK(moments.log_variance == Approx(std::log(moments.variance)));
  CHECK(moments.relative_error == Approx(std::sqrt(moments.variance) / moments.exact));
}

TEST_CASE("orthogonal rows: Var = V1 / m + P C / m^2", "[variance]") {
  // With C from the golden value M(3; 3/2; 1/2) = 2.5133576683031 at |z|^2 = 1.
  const double covariance = 2.5133576683031 - std::exp(1.0);
  const double row = std::expm1(1.0) * std::exp(1.0);
  const double scale = std::exp(-0.5);  // e^{-|x|^2 - |y|^2}
  for (const Index m : {1, 2, 3, 4, 7, 9}) {
    CAPTURE(m);
    const Index rest = m % 3;
    const auto pairs = static_cast<double>((m - rest) * 2 + rest * (rest - 1));
    const auto count = static_cast<double>(m);
    CHECK(softmax_moments(3, m, 1.0, OrthogonalProjection{}, PositiveFeatures{}).variance ==
          Approx(scale * (row / count + pairs * covariance / (count * count))).epsilon(1e-12));
  }
}

TEST_CASE("constant radii: the bias is reported", "[variance]") {
  // E K / k = 0F1(; d/2; d z^2 / 4) e^{-z^2 / 2}.
  const struct {
    Index dim;
    double z2, ratio;
  } printed[] = {{16, 1, 0.987}, {16, 4, 0.837}, {16, 8, 0.547}, {64, 4, 0.945}, {64, 8, 0.810}};
  for (const auto& line : printed) {
    const KernelMoments moments = softmax_moments(
        line.dim, line.dim, line.z2, OrthogonalProjection{Radii::constant}, PositiveFeatures{});
    CHECK(moments.mean / moments.exact == Approx(line.ratio).margin(5.1e-4));
    CHECK(moments.bias == Approx(moments.mean - moments.exact).epsilon(1e-9));
    CHECK(moments.relative_error ==
          Approx(std::hypot(moments.bias, std::sqrt(moments.variance)) / moments.exact));
  }
  // Far from what an exact marginal would give.
  const KernelMoments small =
      softmax_moments(3, 3, 1.0, OrthogonalProjection{Radii::constant}, PositiveFeatures{});
  CHECK(std::abs(small.bias) > 0.04 * small.exact);
}

TEST_CASE("orthogonal never hurts positive features, and trigonometric ones hardly", "[variance]") {
  for (const Index dim : {3, 4, 8, 16, 32}) {
    for (double s = 0.05; s < 40.0; s *= 1.3) {
      CAPTURE(dim, s);
      for (const FeatureFunction& features :
           {FeatureFunction{PositiveFeatures{}}, FeatureFunction{HyperbolicFeatures{}}}) {
        if (s > 20.0) continue;  // less than a rounding error
        CHECK(softmax_moments(dim, dim, s, OrthogonalProjection{}, features).log_variance <
              softmax_moments(dim, dim, s, IidProjection{}, features).log_variance);
      }
      const double ratio = trigonometric_variance(dim, dim, s, OrthogonalProjection{}) /
                           trigonometric_variance(dim, dim, s, IidProjection{});
      if (s < 8.7) CHECK(ratio <= 1.0);
      CHECK(ratio < 1.016);
    }
  }
  // It can hurt: where the covariance has changed its sign.
  for (const auto& [dim, root] : {std::pair<Index, double>{3, 10.97}, {4, 9.50}, {8, 8.76}}) {
    const auto gain = [&, d = dim](double s) {
      return trigonometric_variance(d, d, s, IidProjection{}) -
             trigonometric_variance(d, d, s, OrthogonalProjection{});
    };
    CHECK(gain(root - 0.01) > 0.0);
    CHECK(gain(root + 0.01) < 0.0);
  }
  CHECK(trigonometric_variance(64, 64, 1e-6, OrthogonalProjection{}) /
            trigonometric_variance(64, 64, 1e-6, IidProjection{}) ==
        Approx(3.0 / 66.0).epsilon(1e-5));
  const double d16[][2] = {{0.1, .159}, {0.5, .143}, {1, .158}, {2, .284}, {4, .671}, {8, .984}};
  for (const auto& [s, ratio] : d16) {
    CHECK(trigonometric_variance(16, 16, s, OrthogonalProjection{}) /
              trigonometric_variance(16, 16, s, IidProjection{}) ==
          Approx(ratio).margin(5.1e-4));
  }
}

TEST_CASE("the variance is not monotone in m", "[variance]") {
  const double a = optimal_hyperbolic_oprf_parameter(0.25, 64);
  const auto variance = [&](Index m) {
    return softmax_moments(64, m, 0.25, OrthogonalProjection{}, HyperbolicOprfFeatures{a}).variance;
  };
  CHECK(variance(80) / variance(64) == Approx(4.28).margin(0.005));
  const double whole = trigonometric_variance(64, 64, 1.0, OrthogonalProjection{});
  CHECK(trigonometric_variance(64, 115, 1.0, OrthogonalProjection{}) >= whole);
  CHECK(trigonometric_variance(64, 116, 1.0, OrthogonalProjection{}) < whole);
}

TEST_CASE("the optimal parameter", "[variance]") {
  CHECK(optimal_oprf_parameter(2.0, 4) == Approx(-0.17677669529664).epsilon(1e-13));
  CHECK(optimal_oprf_parameter(1.0, 16) == Approx(-0.028360514161989).epsilon(1e-13));
  CHECK(optimal_oprf_parameter(1e-12, 1) == Approx(-0.5e-12).epsilon(1e-11));
  CHECK(optimal_oprf_parameter(0.0, 3) == 0.0);
  CHECK(optimal_hyperbolic_oprf_parameter(0.0, 3) == 0.0);
  for (const Index dim : {4, 16, 64}) {
    for (const double z2 : {0.1, 1.0, 2.43, 10.0}) {
      CAPTURE(dim, z2);
      // The form with rho of the literature.
      const auto d = static_cast<double>(dim);
      const double rho = (std::sqrt(std::pow(2 * z2 + d, 2) + 8 * d * z2) - 2 * z2 - d) / (4 * z2);
      CHECK(optimal_oprf_parameter(z2, dim) == Approx((1 - 1 / rho) / 8).epsilon(1e-10));
      // Stationary: a step of h to either side costs the same, to third order.
      const auto log_variance = [&](const FeatureFunction& features) {
        return softmax_moments(dim, dim, z2, IidProjection{}, features).log_variance;
      };
      const auto check_minimum = [&](double a, auto make) {
        constexpr double kStep = 1e-3;
        const double here = log_variance(make(a));
        const double left = log_variance(make(a - kStep)) - here;
        const double right = log_variance(make(a + kStep)) - here;
        CHECK(left > 0.0);
        CHECK(right > 0.0);
        // Vertex of the parabola through the three points.
        const auto vertex = [&](double h) {
          const double l = log_variance(make(a - h)) - here;
          const double r = log_variance(make(a + h)) - here;
          return 0.5 * h * (l - r) / (l + r);
        };
        // Richardson: the vertex moves with h^2.
        CHECK(std::abs((4.0 * vertex(kStep / 8.0) - vertex(kStep / 4.0)) / 3.0) < 1e-7);
      };
      check_minimum(optimal_oprf_parameter(z2, dim), [](double a) { return OprfFeatures{a}; });
      check_minimum(optimal_hyperbolic_oprf_parameter(z2, dim),
                    [](double a) { return HyperbolicOprfFeatures{a}; });
      CHECK(std::abs(optimal_hyperbolic_oprf_parameter(z2, dim)) <=
            std::abs(optimal_oprf_parameter(z2, dim)));
    }
  }
  CHECK_THROWS_AS(optimal_oprf_parameter(-1.0, 4), InvalidArgument);
  CHECK_THROWS_AS(optimal_oprf_parameter(NAN, 4), InvalidArgument);
  CHECK_THROWS_AS(optimal_hyperbolic_oprf_parameter(1.0, 0), InvalidArgument);
}

TEST_CASE("metric and centring enter as changes of variables", "[variance]") {
  const std::vector<double> x = {0.3, -0.2, 0.5};
  const std::vector<double> y = {0.1, 0.4, -0.6};
  FeatureMapSpec spec{.input_dim = 3, .num_frequencies = 7};
  spec.kernel = GaussianKernel{.metric = Diagonal{{0.5, 2.0, 1.0}}};
  const std::vector<double> u = {0.6, -0.1, 0.5};
  const std::vector<double> v = {0.2, 0.2, -0.6};
  FeatureMapSpec plain = spec;
  plain.kernel = GaussianKernel{};
  CHECK(kernel_moments(spec, x, y).variance == Approx(kernel_moments(plain, u, v).variance));

  spec.kernel = SoftmaxKernel{0.5};
  spec.features = PositiveFeatures{};
  const double k = kernel_moments(spec, x, y).exact;
  const std::vector<double> a = {0.2, 0.1, 0.0};
  const std::vector<double> c = {-0.1, 0.3, 0.2};
  spec.transform = {.query = a, .key = c};
  const KernelMoments centred = kernel_moments(spec, x, y);
  CHECK(centred.exact == Approx(k));
  double z2 = 0.0;
  for (std::size_t i = 0; i < 3; ++i) z2 += 0.5 * std::pow(x[i] + y[i] - a[i] - c[i], 2);
  spec.projection = IidProjection{};
  CHECK(kernel_moments(spec, x, y).variance == Approx(k * k * std::expm1(z2) / 7.0));
}

TEST_CASE("variance: large norms have finite logarithms", "[variance]") {
  const std::vector<double> x(16, 250.0);  // |x|^2 = 10^6
  for (const FeatureFunction& features :
       {FeatureFunction{PositiveFeatures{}}, FeatureFunction{HyperbolicFeatures{}},
        FeatureFunction{OprfFeatures{-0.1}}, FeatureFunction{TrigonometricFeatures{}}}) {
    for (const Radii radii : {Radii::sampled, Radii::constant}) {
      const KernelMoments moments = kernel_moments({.input_dim = 16,
                                                    .num_frequencies = 16,
                                                    .kernel = SoftmaxKernel{},
                                                    .projection = OrthogonalProjection{radii},
                                                    .features = features},
                                                   x, x);
      CAPTURE(to_text(features), static_cast<int>(radii));
      CHECK(moments.exact == INFINITY);
      CHECK(moments.log_exact == Approx(1e6));
      CHECK(moments.variance >= 0.0);
      if (!std::holds_alternative<TrigonometricFeatures>(features)) {
        // On the sphere the variance is bounded, and here e^{-2e6}.
        CHECK(moments.variance == (radii == Radii::constant ? 0.0 : INFINITY));
        CHECK(std::isfinite(moments.log_variance));
      }
    }
  }
}

TEST_CASE("variance: rows of many pairs, and refusals", "[variance]") {
  const FeatureMapSpec spec{.input_dim = 3, .num_frequencies = 5};
  Matrix<double> x(200, 3), y(200, 3);
  for (Index i = 0; i < x.size(); ++i) {
    x.data()[i] = std::sin(static_cast<double>(i));
    y.data()[i] = std::cos(static_cast<double>(7 * i));
  }
  const auto one = kernel_moments(spec, x.view(), y.view(), Execution{1});
  const auto three = kernel_moments(spec, x.view(), y.view(), Execution{3});
  REQUIRE(one.size() == 200);
  for (Index i = 0; i < 200; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const KernelMoments single = kernel_moments(spec, {x.row(i), 3}, {y.row(i), 3});
    CHECK(one[at].variance == single.variance);
    CHECK(three[at].variance == single.variance);
  }

  const std::vector<double> good = {1, 2, 3};
  std::vector<double> bad = good;
  CHECK_THROWS_WITH(kernel_moments(spec, good, std::vector<double>{1, 2}),
                    "kernel_moments: y is 1 x 2, expected n x 3 (the spec's input_dim)");
  bad[1] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(kernel_moments(spec, bad, good),
                    Catch::Contains("x: row 0, column 1 is nan, expected a finite number"));
  bad[1] = 1e200;
  CHECK_THROWS_WITH(kernel_moments(spec, good, bad), Catch::Contains("y row 0 is too long"));
  CHECK_THROWS_AS(kernel_moments(spec, x.view(), y.view().middle_rows(0, 10)), InvalidArgument);
  CHECK_THROWS_AS(kernel_moments({.input_dim = 3, .num_frequencies = 0}, good, good),
                  InvalidArgument);
  CHECK_THROWS_WITH(kernel_moments({.input_dim = 3,
                                    .num_frequencies = 4,
                                    .kernel = SoftmaxKernel{},
                                    .features = OprfFeatures{0.125}},
                                   good, good),
                    Catch::Contains("infinite variance"));
  CHECK_THROWS_WITH(row_moment(spec, 5, good, good), "row_moment: order is 5, expected 1 to 4");
  CHECK(row_moment(spec, 1, good, good) == 1.0);
}
