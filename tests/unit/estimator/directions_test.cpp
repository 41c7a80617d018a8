// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/matrix.hpp"
#include "bochner/estimator/gram_error.hpp"
#include "bochner/estimator/optimal_parameter.hpp"
#include "bochner/estimator/output_error.hpp"
#include "bochner/estimator/plan.hpp"
#include "bochner/estimator/variance.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <vector>

// The closed forms of features with one parameter per direction: against integrals direction by
// direction, and against one parameter where all are equal.

using namespace bochner;

namespace {

using Vector = std::vector<double>;

constexpr Index kDim = 3;
const Vector kX{0.5, -0.3, 0.8}, kY{0.2, 0.4, -0.1};
const Vector kDirections{-0.4, 0.03, -0.1};

FeatureMapSpec spec_of(const FeatureFunction& features, const Projection& projection, Index m = 7) {
  return {.input_dim = kDim,
          .num_frequencies = m,
          .kernel = SoftmaxKernel{1.0},
          .projection = projection,
          .features = features,
          .seed = {1},
          .transform = {}};
}

/// E over normal w of one direction's factor of f to some power, by the trapezoidal rule, which
/// converges faster than any power here; `sign` is that of w in the second factor of a two-sided
/// term. f = (1 - 4a)^{1/2} exp(2a w^2 + sqrt(1 - 4a) w z - (x^2 + y^2) / 2).
double moment_along(double a, double x, double y, int order, double shift) {
  constexpr double kReach = 40.0, kStep = 1.0 / 64.0;
  double sum = 0.0;
  for (double w = -kReach; w <= kReach; w += kStep) {
    const double log_f =
        order * (0.5 * std::log(1.0 - 4.0 * a) + 2.0 * a * w * w - 0.5 * (x * x + y * y)) +
        shift * std::sqrt(1.0 - 4.0 * a) * w * (x + y);
    sum += kStep * std::exp(log_f - 0.5 * w * w);
  }
  return sum / std::sqrt(2.0 * M_PI);
}

double moment_of_all(int order, double shift) {
  double product = 1.0;
  for (std::size_t l = 0; l < 3; ++l) {
    product *= moment_along(kDirections[l], kX[l], kY[l], order, shift);
  }
  return product;
}

Matrix<double> some_rows(Index n, double size, std::uint64_t item) {
  Matrix<double> x(n, kDim);
  const Stream stream({9}, Purpose::study, item);
  for (Index e = 0; e < x.size(); ++e) {
    x.data()[e] = size * stream.normal(static_cast<std::uint64_t>(e));
  }
  return x;
}

}  // namespace

TEST_CASE("moments with one parameter per direction are those of integrals", "[directions]") {
  // f to a power is e^{shift}; cosh^k is a mean over the sums of k signs.
  for (int order = 1; order <= 3; ++order) {
    CHECK(row_moment(spec_of(OprfFeatures{kDirections}, IidProjection{}), order, kX, kY) ==
          Approx(moment_of_all(order, order)).epsilon(1e-11));
    double even = 0.0;
    for (int signs = 0; signs < (1 << order); ++signs) {
      int shift = 0;
      for (int k = 0; k < order; ++k) shift += (signs >> k) % 2 == 0 ? 1 : -1;
      even += moment_of_all(order, shift) / (1 << order);
    }
    CHECK(row_moment(spec_of(HyperbolicOprfFeatures{kDirections}, IidProjection{}), order, kX,
                     kY) == Approx(even).epsilon(1e-11));
  }
  // 4 order a >= 1 in one direction is enough.
  CHECK(std::isinf(
      row_moment(spec_of(OprfFeatures{Vector{-0.1, 0.1, 0.0}}, IidProjection{}), 3, kX, kY)));
  CHECK(std::isinf(row_moment(
      spec_of(HyperbolicOprfFeatures{Vector{-0.1, 0.1, 0.0}}, IidProjection{}), 3, kX, kY)));
  const double exact = std::exp(0.1 - 0.12 - 0.08);
  const double one = moment_of_all(2, 2) - exact * exact;
  const double both = 0.5 * (moment_of_all(2, 2) + moment_of_all(2, 0)) - exact * exact;
  CHECK(kernel_moments(spec_of(OprfFeatures{kDirections}, IidProjection{}), kX, kY).variance ==
        Approx(one / 7.0).epsilon(1e-11));
  CHECK(kernel_moments(spec_of(HyperbolicOprfFeatures{kDirections}, IidProjection{}), kX, kY)
            .variance == Approx(both / 7.0).epsilon(1e-11));
  // An opposite pair of one-sided rows is a two-sided row.
  CHECK(kernel_moments(
            spec_of(OprfFeatures{kDirections}, AntitheticProjection{Directions::independent}, 8),
            kX, kY)
            .variance == Approx(both / 4.0).epsilon(1e-11));
}

TEST_CASE("equal parameters in a list are one parameter", "[directions]") {
  const Matrix<double> x = some_rows(70, 0.4, 0), y = some_rows(90, 0.4, 1);
  const Matrix<double> v = some_rows(90, 1.0, 2);
  for (const double a : {-0.3, 0.0, 0.05}) {
    const Vector list(kDim, a);
    const auto compare = [&](const FeatureFunction& one, const FeatureFunction& many) {
      CAPTURE(a, to_text(one));
      for (const Kernel& kernel : {Kernel(SoftmaxKernel{0.8}), Kernel(GaussianKernel{})}) {
        FeatureMapSpec first = spec_of(one, IidProjection{}),
                       second = spec_of(many, IidProjection{});
        first.kernel = second.kernel = kernel;
        CHECK(kernel_moments(second, kX, kY).log_variance ==
              Approx(kernel_moments(first, kX, kY).log_variance).epsilon(1e-12));
        CHECK(row_moment(second, 2, kX, kY) == Approx(row_moment(first, 2, kX, kY)).epsilon(1e-12));
        CHECK(gram_error<double>(second, x.view(), y.view()).relative_error ==
              Approx(gram_error<double>(first, x.view(), y.view()).relative_error).epsilon(1e-10));
        CHECK(gram_error<double>(second, x.view()).relative_error ==
              Approx(gram_error<double>(first, x.view()).relative_error).epsilon(1e-10));
        const Matrix<double> phi = features<double>(FeatureMap<double>(first), x);
        const Matrix<double> psi = features<double>(FeatureMap<double>(second), x);
        for (Index e = 0; e < phi.size(); ++e) {
          REQUIRE(psi.data()[e] == Approx(phi.data()[e]).epsilon(1e-12));
        }
        const OutputError left = output_error(first, x.view(), y.view(), v.view());
        const OutputError right = output_error(second, x.view(), y.view(), v.view());
        CHECK(right.relative_error == Approx(left.relative_error).epsilon(1e-10));
        CHECK(right.normaliser_variance[3] == Approx(left.normaliser_variance[3]).epsilon(1e-10));
      }
    };
    compare(OprfFeatures{a}, OprfFeatures{list});
    compare(HyperbolicOprfFeatures{a}, HyperbolicOprfFeatures{list});
  }
}

TEST_CASE("the error of a Gram matrix sums those of its pairs", "[directions]") {
  const Matrix<double> x = some_rows(5, 0.5, 0), y = some_rows(66, 0.5, 1);
  for (const FeatureFunction& features : {FeatureFunction(OprfFeatures{kDirections}),
                                          FeatureFunction(HyperbolicOprfFeatures{kDirections})}) {
    FeatureMapSpec spec = spec_of(features, IidProjection{});
    spec.transform = {.query = {0.1, 0.2, 0.0},
                      .matrix = {1.0, 0.2, 0.0, 0.1, 1.2, 0.0, 0.0, 0.3, 0.9}};
    double error = 0.0, norm = 0.0;
    for (Index i = 0; i < 5; ++i) {
      for (Index j = 0; j < 66; ++j) {
        const KernelMoments moments = kernel_moments(spec, Vector(x.row(i), x.row(i) + kDim),
                                                     Vector(y.row(j), y.row(j) + kDim));
        error += moments.variance;
        norm += moments.exact * moments.exact;
      }
    }
    const PredictedGramError predicted = gram_error<double>(spec, x.view(), y.view());
    CHECK(predicted.squared_error == Approx(error).epsilon(1e-10));
    CHECK(predicted.squared_norm == Approx(norm).epsilon(1e-10));
  }
}

TEST_CASE("coupled rows have the variance of independent ones, and it says so", "[directions]") {
  const FeatureMapSpec iid = spec_of(HyperbolicOprfFeatures{kDirections}, IidProjection{});
  FeatureMapSpec coupled = iid;
  coupled.projection = OrthogonalProjection{};
  CHECK_FALSE(kernel_moments(iid, kX, kY).variance_is_upper);
  CHECK(kernel_moments(coupled, kX, kY).variance_is_upper);
  CHECK(kernel_moments(coupled, kX, kY).variance == kernel_moments(iid, kX, kY).variance);
  FeatureMapSpec one = coupled;
  one.features = HyperbolicOprfFeatures{-0.1};
  CHECK_FALSE(kernel_moments(one, kX, kY).variance_is_upper);
  const Matrix<double> x = some_rows(4, 0.4, 0);
  CHECK(output_error(coupled, x.view(), x.view(), x.view()).is_upper);
  CHECK_FALSE(output_error(iid, x.view(), x.view(), x.view()).is_upper);
  CHECK_FALSE(output_error(one, x.view(), x.view(), x.view()).is_upper);
  const ErrorTarget target{.error = 0.1};
  CHECK_THAT(frequencies_needed(coupled, kX, kY, target).warning,
             Catch::Matchers::Contains("upper estimate"));
  CHECK(frequencies_needed(iid, kX, kY, target).warning.empty());
  CHECK(frequencies_needed(iid, kX, kY, target).num_frequencies ==
        frequencies_needed(coupled, kX, kY, target).num_frequencies);
  coupled.projection = OrthogonalProjection{Radii::constant};
  CHECK_THROWS_WITH(kernel_moments(coupled, kX, kY),
                    Catch::Matchers::Contains("no closed form is known here for orthogonal"));
  // Measured: orthogonal rows vary less.
  coupled.projection = OrthogonalProjection{};
  coupled.num_frequencies = 3;
  constexpr int kDraws = 10000;
  double sum = 0.0, square = 0.0;
  Matrix<double> u(1, kDim), v(1, kDim);
  std::copy(kX.begin(), kX.end(), u.data());
  std::copy(kY.begin(), kY.end(), v.data());
  for (int draw = 0; draw < kDraws; ++draw) {
    coupled.seed = {static_cast<std::uint64_t>(draw)};
    const FeatureMap<double> map(coupled);
    const Matrix<double> phi = features<double>(map, u), psi = features<double>(map, v, Side::key);
    double estimate = 0.0;
    for (Index j = 0; j < phi.cols(); ++j) estimate += phi(0, j) * psi(0, j);
    sum += estimate / kDraws;
    square += estimate * estimate / kDraws;
  }
  CHECK(square - sum * sum < kernel_moments(coupled, kX, kY).variance);
}

TEST_CASE("optimal parameters per direction minimise the variance", "[directions]") {
  const Vector z2{0.49, 0.01, 0.49};  // of kX + kY
  const auto check = [&](auto features, const Vector& best) {
    const auto log_variance = [&](const Vector& a) {
      features.a = a;
      return kernel_moments(spec_of(features, IidProjection{}), kX, kY).log_variance;
    };
    const double least = log_variance(best);
    for (std::size_t l = 0; l < 3; ++l) {
      for (const double change : {-0.02, -0.002, 0.002, 0.02}) {
        Vector other = best;
        other[l] += change;
        CHECK(log_variance(other) > least);
      }
    }
  };
  check(OprfFeatures{}, optimal_oprf_parameters(z2));
  check(HyperbolicOprfFeatures{}, optimal_hyperbolic_oprf_parameters(z2));
  for (const double square : {0.0, 0.3, 1e300}) {
    const Vector equal(4, square);
    for (const double a : optimal_oprf_parameters(equal)) {
      CHECK(a == Approx(optimal_oprf_parameter(4.0 * square, 4)).epsilon(1e-12));
    }
    for (const double a : optimal_hyperbolic_oprf_parameters(equal)) {
      CHECK(a == Approx(optimal_hyperbolic_oprf_parameter(4.0 * square, 4)).epsilon(1e-12));
    }
  }
  CHECK(with_optimal_parameters(OprfFeatures{}, z2) ==
        FeatureFunction(OprfFeatures{optimal_oprf_parameters(z2)}));
  CHECK(with_optimal_parameters(HyperbolicOprfFeatures{-1.0}, z2) ==
        FeatureFunction(HyperbolicOprfFeatures{optimal_hyperbolic_oprf_parameters(z2)}));
  CHECK(with_optimal_parameters(PositiveFeatures{}, z2) == FeatureFunction(PositiveFeatures{}));
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(optimal_oprf_parameters(Vector{}), Contains("z2"));
  CHECK_THROWS_WITH(optimal_oprf_parameters(Vector{0.1, -0.1}), Contains("z2[1] is -0.1"));
  CHECK_THROWS_WITH(
      optimal_hyperbolic_oprf_parameters(Vector{std::numeric_limits<double>::quiet_NaN()}),
      Contains("z2[0] is nan"));
}

TEST_CASE("mean square sums are means over pairs", "[directions]") {
  const Matrix<double> x = some_rows(5, 1.0, 0), y = some_rows(4, 1.0, 1);
  FeatureMapSpec spec = spec_of(PositiveFeatures{}, IidProjection{});
  spec.kernel = SoftmaxKernel{0.25};
  spec.transform = {.query = {0.1, -0.2, 0.3}, .key = {0.0, 0.4, 0.0}};
  const Vector found = mean_square_sums(spec, x.view(), y.view());
  REQUIRE(found.size() == 3);
  for (std::size_t l = 0; l < 3; ++l) {
    double mean = 0.0;
    for (Index i = 0; i < 5; ++i) {
      for (Index j = 0; j < 4; ++j) {
        const double z =
            x.row(i)[l] + y.row(j)[l] - spec.transform.query[l] - spec.transform.key[l];
        mean += 0.25 * z * z / 20.0;
      }
    }
    CHECK(found[l] == Approx(mean));
  }
  CHECK_THROWS_WITH(mean_square_sums(spec, x.view(), Matrix<double>(0, 3).view()),
                    Catch::Matchers::Contains("mean_square_sums: x is 5 x 3 and y 0 x 3"));
  CHECK_THROWS_WITH(mean_square_sums(spec, Matrix<double>(2, 2).view(), y.view()),
                    Catch::Matchers::Contains("mean_square_sums: x is 2 x 2"));
}
