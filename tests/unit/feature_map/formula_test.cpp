// SPDX-License-Identifier: Apache-2.0
#include <bochner/feature_map.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

// Every map against its formula, evaluated naively in double from `frequencies()`.

using namespace bochner;

namespace {

constexpr Index kDim = 5;
constexpr Index kFrequencies = 7;
constexpr Index kRows = 3;

Matrix<double> some_rows(double size) {
  Matrix<double> x(kRows, kDim);
  const Stream stream(Seed{11}, Purpose::study);
  for (Index i = 0; i < x.size(); ++i) {
    x.data()[i] = size * stream.normal(static_cast<std::uint64_t>(i));
  }
  return x;
}

double dot(const double* a, const double* b) {
  double sum = 0.0;
  for (Index k = 0; k < kDim; ++k) sum += a[k] * b[k];
  return sum;
}

/// Features with their exponents multiplied in.
Matrix<double> features_of(const FeatureMapSpec& spec, Side side, const Matrix<double>& x) {
  const FeatureMap<double> map(spec);
  Matrix<double> phi(x.rows(), map.num_features());
  std::vector<std::int32_t> exponent(static_cast<std::size_t>(x.rows()));
  map.apply(side, x.view(), {phi.view(), exponent});
  for (Index i = 0; i < phi.rows(); ++i) {
    for (Index j = 0; j < phi.cols(); ++j) {
      phi(i, j) = std::ldexp(phi(i, j), exponent[static_cast<std::size_t>(i)]);
    }
  }
  return phi;
}

FeatureMapSpec spec_of(const Kernel& kernel, const FeatureFunction& features) {
  return {.input_dim = kDim,
          .num_frequencies = kFrequencies,
          .kernel = kernel,
          .projection = OrthogonalProjection{},
          .features = features,
          .seed = {5},
          .transform = {}};
}

const GaussianKernel kGaussian{Isotropic{1.7}};
const SoftmaxKernel kSoftmax{0.3};

}  // namespace

TEST_CASE("paired trigonometric features follow their formula", "[feature_map]") {
  const Matrix<double> x = some_rows(1.0);
  for (const Kernel& kernel : {Kernel(kGaussian), Kernel(kSoftmax)}) {
    const FeatureMapSpec spec = spec_of(kernel, TrigonometricFeatures{});
    const Matrix<double> w = FeatureMap<double>(spec).frequencies();
    const Matrix<double> phi = features_of(spec, Side::query, x);
    REQUIRE(phi.cols() == 2 * kFrequencies);
    for (Index i = 0; i < kRows; ++i) {
      const bool softmax = std::holds_alternative<SoftmaxKernel>(kernel);
      const double amplitude =
          softmax ? std::exp(0.5 * kSoftmax.scale * dot(x.row(i), x.row(i))) : 1.0;
      for (Index j = 0; j < kFrequencies; ++j) {
        const double p = dot(w.row(j), x.row(i));
        const double factor = amplitude / std::sqrt(double{kFrequencies});
        CHECK(phi(i, j) == Approx(factor * std::cos(p)).epsilon(1e-12).margin(1e-13));
        CHECK(phi(i, kFrequencies + j) ==
              Approx(factor * std::sin(p)).epsilon(1e-12).margin(1e-13));
      }
    }
  }
}

TEST_CASE("random-phase features are cosines of one shifted angle", "[feature_map]") {
  const Matrix<double> x = some_rows(1.0);
  const FeatureMapSpec spec = spec_of(kGaussian, CosineFeatures{});
  const Matrix<double> w = FeatureMap<double>(spec).frequencies();
  const Matrix<double> phi = features_of(spec, Side::query, x);
  REQUIRE(phi.cols() == kFrequencies);
  for (Index j = 0; j < kFrequencies; ++j) {
    const double u = 2.0 * std::numbers::pi *
                     Stream(spec.seed, Purpose::phases, static_cast<std::uint64_t>(j)).uniform(0);
    for (Index i = 0; i < kRows; ++i) {
      const double expected =
          std::sqrt(2.0 / double{kFrequencies}) * std::cos(dot(w.row(j), x.row(i)) + u);
      CHECK(phi(i, j) == Approx(expected).epsilon(1e-12).margin(1e-13));
    }
  }
}

TEST_CASE("exponential features follow their formula", "[feature_map]") {
  const Matrix<double> x = some_rows(1.0);
  struct Case {
    FeatureFunction features;
    double a;
    Index signs;
  };
  const std::vector<Case> cases{{PositiveFeatures{}, 0.0, 1},
                                {HyperbolicFeatures{}, 0.0, 2},
                                {OprfFeatures{-0.2}, -0.2, 1},
                                {OprfFeatures{0.05}, 0.05, 1},
                                {HyperbolicOprfFeatures{-0.1}, -0.1, 2}};
  for (const Case& c : cases) {
    for (const bool softmax : {false, true}) {
      const Kernel kernel = softmax ? Kernel(kSoftmax) : Kernel(kGaussian);
      const double scale = softmax ? kSoftmax.scale : 1.0 / (1.7 * 1.7);
      const FeatureMapSpec spec = spec_of(kernel, c.features);
      const Matrix<double> w = FeatureMap<double>(spec).frequencies();
      const Matrix<double> phi = features_of(spec, Side::key, x);
      REQUIRE(phi.cols() == c.signs * kFrequencies);
      for (Index i = 0; i < kRows; ++i) {
        const double squared_norm = scale * dot(x.row(i), x.row(i));
        for (Index j = 0; j < c.signs * kFrequencies; ++j) {
          const double* const frequency = w.row(j % kFrequencies);
          const double sign = j < kFrequencies ? 1.0 : -1.0;
          const double log_feature = c.a * dot(frequency, frequency) / scale +
                                     sign * std::sqrt(1.0 - 4.0 * c.a) * dot(frequency, x.row(i)) -
                                     squared_norm * (softmax ? 0.5 : 1.0);
          const double factor = std::pow(1.0 - 4.0 * c.a, 0.25 * double{kDim}) /
                                std::sqrt(static_cast<double>(c.signs * kFrequencies));
          CHECK(phi(i, j) == Approx(factor * std::exp(log_feature)).epsilon(1e-12));
        }
      }
    }
  }
}

TEST_CASE("centring changes the features and not the kernel they estimate", "[feature_map]") {
  // With many frequencies both estimates are close to the same kernel value; a wrong factor is not.
  const Matrix<double> x = some_rows(0.5);
  Matrix<double> y = some_rows(0.5);
  for (Index i = 0; i < y.size(); ++i) y.data()[i] = 0.8 - y.data()[i];
  for (const Kernel& kernel : {Kernel(kSoftmax), Kernel(kGaussian)}) {
    FeatureMapSpec spec = spec_of(kernel, HyperbolicFeatures{});
    spec.num_frequencies = 20000;
    const bool softmax = std::holds_alternative<SoftmaxKernel>(kernel);
    spec.transform.query = {0.3, -0.1, 0.2, 0.4, 0.1};
    spec.transform.key =
        softmax ? std::vector<double>{0.1, 0.5, 0.2, -0.3, 0.2} : spec.transform.query;
    const Matrix<double> query = features_of(spec, Side::query, x);
    const Matrix<double> key = features_of(spec, Side::key, y);
    for (Index i = 0; i < kRows; ++i) {
      for (Index j = 0; j < kRows; ++j) {
        double estimate = 0.0;
        for (Index f = 0; f < query.cols(); ++f) estimate += query(i, f) * key(j, f);
        const double exact = evaluate(kernel, x.row(i), y.row(j), kDim);
        CHECK(estimate == Approx(exact).epsilon(0.02));
      }
    }
  }
}

TEST_CASE("a full metric acts as the linear transform it is", "[feature_map]") {
  const Matrix<double> x = some_rows(1.0);
  Full metric;
  for (Index i = 0; i < kDim; ++i) {
    for (Index k = 0; k < kDim; ++k) {
      metric.matrix.push_back((i == k ? 1.0 : 0.0) + 0.1 * static_cast<double>(i - 2 * k));
    }
  }
  Matrix<double> transformed(kRows, kDim);
  for (Index r = 0; r < kRows; ++r) {
    for (Index i = 0; i < kDim; ++i) {
      for (Index k = 0; k < kDim; ++k) {
        transformed(r, i) += metric.matrix[static_cast<std::size_t>(i * kDim + k)] * x(r, k);
      }
    }
  }
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(PositiveFeatures{})}) {
    const FeatureMapSpec full = spec_of(GaussianKernel{metric}, features);
    const FeatureMapSpec plain = spec_of(GaussianKernel{}, features);
    const Matrix<double> a = features_of(full, Side::query, x);
    const Matrix<double> b = features_of(plain, Side::query, transformed);
    for (Index i = 0; i < a.size(); ++i) {
      CHECK(a.data()[i] == Approx(b.data()[i]).epsilon(1e-12).margin(1e-13));
    }
    const Matrix<double> w = FeatureMap<double>(full).frequencies();
    const Matrix<double> v = FeatureMap<double>(plain).frequencies();
    CHECK(dot(w.row(1), x.row(2)) == Approx(dot(v.row(1), transformed.row(2))));
  }
}
