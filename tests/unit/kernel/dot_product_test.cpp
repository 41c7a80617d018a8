// SPDX-License-Identifier: Apache-2.0
#include "kernel/power_series.hpp"

#include <bochner/estimator/gram_error.hpp>
#include <bochner/estimator/optimal_parameter.hpp>
#include <bochner/estimator/output_error.hpp>
#include <bochner/estimator/plan.hpp>
#include <bochner/estimator/recommend.hpp>
#include <bochner/estimator/variance.hpp>
#include <bochner/feature_map.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <complex>
#include <numbers>
#include <string>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

FeatureMapSpec spec_of(Index dim, Index m, const Kernel& kernel, const FeatureFunction& features) {
  const bool sketch = std::holds_alternative<TensorSketchFeatures>(features);
  return {.input_dim = dim,
          .num_frequencies = m,
          .kernel = kernel,
          .projection =
              sketch ? Projection(CountSketchProjection{}) : Projection(RademacherProjection{}),
          .features = features,
          .seed = {7},
          .transform = {}};
}

Matrix<double> rows(Index n, Index d, double size) {
  Matrix<double> x(n, d);
  const Stream stream({5}, Purpose::study);
  for (Index i = 0; i < x.size(); ++i) {
    x.data()[i] = size * stream.normal(static_cast<std::uint64_t>(i));
  }
  return x;
}

/// phi 2^exponent, as plain numbers.
Matrix<double> features_of(const FeatureMapSpec& spec, const Matrix<double>& x) {
  const FeatureMap<double> map(spec);
  Matrix<double> phi(x.rows(), map.num_features());
  std::vector<std::int32_t> exponent(static_cast<std::size_t>(x.rows()));
  map.apply(Side::query, x.view(), {phi.view(), exponent});
  for (Index i = 0; i < phi.rows(); ++i) {
    for (Index j = 0; j < phi.cols(); ++j) {
      phi(i, j) = std::ldexp(phi(i, j), exponent[static_cast<std::size_t>(i)]);
    }
  }
  return phi;
}

}  // namespace

TEST_CASE("values are those of the formula, with scikit-learn's parameters", "[kernel]") {
  const std::vector<double> x{0.3, -1.2, 0.8};
  const std::vector<double> y{1.1, 0.4, -0.5};
  const double xy = 0.3 * 1.1 - 1.2 * 0.4 - 0.8 * 0.5;
  const auto value = [&](const Kernel& kernel) { return evaluate(kernel, x.data(), y.data(), 3); };
  CHECK(value(PolynomialKernel::from_gamma(0.25, 2.0, 4)) ==
        Approx(std::pow(0.25 * xy + 2.0, 4)).epsilon(1e-14));
  CHECK(value(PolynomialKernel{3, 0.0, Isotropic{2.0}}) ==
        Approx(std::pow(0.25 * xy, 3)).epsilon(1e-13));
  CHECK(value(DotProductKernel{{0.5, 0.0, 2.0, 1.0}, {}}) ==
        Approx(0.5 + 2.0 * xy * xy + xy * xy * xy).epsilon(1e-14));
  CHECK(value(parse_kernel("polynomial(degree=2, offset=0.5)")) ==
        Approx(std::pow(xy + 0.5, 2)).epsilon(1e-14));
  CHECK(value(parse_kernel("dot-product(coefficients=[1, 2])")) == Approx(1.0 + 2.0 * xy));
}

TEST_CASE("tails of a series are sums of its terms", "[kernel]") {
  const auto series = {std::pair{PowerSeries::exponential(), Index{60}},
                       std::pair{PowerSeries::power({5, 0.7}), Index{5}},
                       std::pair{PowerSeries::polynomial({0.0, 2.0, 0.0, 1.0}), Index{3}}};
  for (const auto& [f, last] : series) {
    for (const Index first : {0, 1, 2}) {
      for (const double t : {1e-6, 0.3, 1.0, 4.0}) {
        double sum = 0.0;
        for (Index n = last; n >= first; --n) {
          sum += std::exp(f.log_coefficient(n)) * std::pow(t, static_cast<double>(n));
        }
        CHECK(f.log_tail(first, t) == Approx(std::log(sum)).epsilon(1e-12).margin(1e-12));
      }
    }
  }
  CHECK(PowerSeries::power({32, 1.0}).log_tail(0, 1e300) == Approx(32.0 * std::log(1e300)));
  CHECK(std::isinf(PowerSeries::polynomial({1.0, 1.0}).log_tail(2, 3.0)));
}

TEST_CASE("Maclaurin features are products of the map's own frequencies", "[features]") {
  // All of degree 3, so that frequency (level, column) is row 16 level + column.
  const FeatureMapSpec spec =
      spec_of(4, 16, PolynomialKernel{3, 0.0, Isotropic{0.8}}, MaclaurinFeatures{1.3});
  const Matrix<double> w = FeatureMap<double>(spec).frequencies();
  REQUIRE(w.rows() == 48);
  const Matrix<double> x = rows(5, 4, 1.0);
  const Matrix<double> phi = features_of(spec, x);
  for (Index i = 0; i < 5; ++i) {
    for (Index j = 0; j < 16; ++j) {
      double product = 0.25;
      for (Index level = 0; level < 3; ++level) {
        double p = 0.0;
        for (Index k = 0; k < 4; ++k) {
          CHECK(std::abs(w(16 * level + j, k)) == 1.25);
          p += w(16 * level + j, k) * x(i, k);
        }
        product *= p;
      }
      CHECK(phi(i, j) == Approx(product).epsilon(1e-13).margin(1e-13));
    }
  }
}

TEST_CASE("what has exact columns only has no error", "[features]") {
  const Matrix<double> x = rows(6, 3, 1.0);
  for (const Kernel& kernel :
       {Kernel(PolynomialKernel{1, 0.6, {}}), Kernel(DotProductKernel{{0.0, 2.0}, {}})}) {
    const FeatureMapSpec spec = spec_of(3, 9, kernel, MaclaurinFeatures{1.0, ExactTerms::linear});
    const Matrix<double> phi = features_of(spec, x);
    for (Index i = 0; i < 6; ++i) {
      for (Index j = 0; j < 6; ++j) {
        double sum = 0.0;
        for (Index f = 0; f < phi.cols(); ++f) sum += phi(i, f) * phi(j, f);
        CHECK(sum == Approx(evaluate(kernel, x.row(i), x.row(j), 3)).epsilon(1e-13).margin(1e-13));
      }
    }
    CHECK(kernel_moments(spec, {x.row(0), 3}, {x.row(1), 3}).variance == 0.0);
  }
}

TEST_CASE("TensorSketch is the product of discrete Fourier transforms of its sketches",
          "[features]") {
  // Frequencies are the transform of the sketch of the identity: their inner products over the
  // whole spectrum count collisions, so they are bucket indicators, and phi their convolution.
  constexpr Index kBuckets = 16;
  const FeatureMapSpec spec =
      spec_of(5, kBuckets, PolynomialKernel{3, 0.0, {}}, TensorSketchFeatures{});
  const Matrix<double> w = FeatureMap<double>(spec).frequencies();
  REQUIRE(w.rows() == 3 * kBuckets);
  const auto spectrum = [&](Index level, Index l, Index k) {
    const Index half = kBuckets / 2;
    const Index first = level * kBuckets;
    const Index at = k <= half ? k : kBuckets - k;
    const double im = at == 0 || at == half ? 0.0 : w(first + half + at, l);
    return std::complex<double>(w(first + at, l), k <= half ? im : -im);
  };
  // Sketches by the inverse transform, naively: one entry of size one.
  const auto sketch = [&](Index level, Index l) {
    std::vector<double> out;
    for (Index n = 0; n < kBuckets; ++n) {
      std::complex<double> sum = 0.0;
      for (Index k = 0; k < kBuckets; ++k) {
        const double angle = 2.0 * std::numbers::pi * static_cast<double>(k * n % kBuckets) /
                             static_cast<double>(kBuckets);
        sum += spectrum(level, l, k) * std::polar(1.0, angle);
      }
      out.push_back(sum.real() / static_cast<double>(kBuckets));
    }
    return out;
  };
  const Matrix<double> x = rows(4, 5, 1.0);
  std::vector<std::vector<double>> tensor(4);
  for (Index i = 0; i < 4; ++i) {
    std::vector<double> product(kBuckets, 0.0);
    product[0] = 1.0;
    for (Index level = 0; level < 3; ++level) {
      std::vector<double> factor(kBuckets, 0.0);
      for (Index l = 0; l < 5; ++l) {
        const std::vector<double> place = sketch(level, l);
        double mass = 0.0;
        for (std::size_t n = 0; n < place.size(); ++n) {
          mass += std::abs(place[n]);
          factor[n] += place[n] * x(i, l);
        }
        CHECK(mass == Approx(1.0));
      }
      std::vector<double> next(kBuckets, 0.0);
      for (std::size_t a = 0; a < product.size(); ++a) {
        for (std::size_t b = 0; b < product.size(); ++b) {
          next[(a + b) % next.size()] += product[a] * factor[b];
        }
      }
      product = next;
    }
    tensor[static_cast<std::size_t>(i)] = product;
  }
  const Matrix<double> phi = features_of(spec, x);
  for (Index i = 0; i < 4; ++i) {
    for (Index j = 0; j < 4; ++j) {
      double ours = 0.0;
      double plain = 0.0;
      for (Index f = 0; f < kBuckets; ++f) {
        ours += phi(i, f) * phi(j, f);
        plain += tensor[static_cast<std::size_t>(i)][static_cast<std::size_t>(f)] *
                 tensor[static_cast<std::size_t>(j)][static_cast<std::size_t>(f)];
      }
      CHECK(ours == Approx(plain).epsilon(1e-12).margin(1e-12));
    }
  }
}

TEST_CASE("the Gram matrix's error is the sum of its entries' variances", "[estimator]") {
  const Matrix<double> x = rows(23, 4, 0.6);
  const Matrix<double> y = rows(9, 4, 0.8);
  for (const FeatureMapSpec& spec :
       {spec_of(4, 37, PolynomialKernel{}, TensorSketchFeatures{}),
        spec_of(4, 37, PolynomialKernel{}, MaclaurinFeatures{1.2}),
        spec_of(4, 37, PolynomialKernel{}, MaclaurinFeatures{1.2, ExactTerms::linear}),
        spec_of(4, 37, SoftmaxKernel{0.7}, MaclaurinFeatures{0.9, ExactTerms::constant})}) {
    INFO(to_text(spec));
    const auto sums = [&](const Matrix<double>& a, const Matrix<double>& b) {
      std::pair<double, double> out;
      for (Index i = 0; i < a.rows(); ++i) {
        for (Index j = 0; j < b.rows(); ++j) {
          const KernelMoments m = kernel_moments(spec, {a.row(i), 4}, {b.row(j), 4});
          out.first += m.variance;
          out.second += m.exact * m.exact;
        }
      }
      return out;
    };
    const PredictedGramError symmetric = gram_error<double>(spec, x.view());
    CHECK(symmetric.squared_error == Approx(sums(x, x).first).epsilon(1e-12));
    CHECK(symmetric.squared_norm == Approx(sums(x, x).second).epsilon(1e-12));
    const PredictedGramError general = gram_error<double>(spec, x.view(), y.view());
    CHECK(general.squared_error == Approx(sums(x, y).first).epsilon(1e-12));
    CHECK(gram_error_curve<double>(spec, x.view()).at(64).squared_error == Approx([&] {
            FeatureMapSpec longer = spec;
            longer.num_frequencies = 64;
            return gram_error<double>(longer, x.view()).squared_error;
          }()));
    const ErrorTarget target{.error = 0.2};
    const FrequencyPlan plan = frequencies_needed(spec, x.view(), x.view(), target);
    FeatureMapSpec planned = spec;
    planned.num_frequencies = plan.num_frequencies;
    CHECK(gram_error<double>(planned, x.view()).relative_error <= 0.2 * (1.0 + 1e-12));
    planned.num_frequencies = plan.whole_blocks;
    CHECK(gram_error<double>(planned, x.view()).relative_error <= 0.2 * (1.0 + 1e-12));
    CHECK_NOTHROW(frequencies_needed(spec, {x.row(0), 4}, {x.row(1), 4}, target));
  }
}

TEST_CASE("the optimal radius is one, and exact terms pay", "[estimator]") {
  const Matrix<double> x = rows(40, 6, 0.5);
  const auto error = [&](double radius, ExactTerms exact) {
    return gram_error<double>(spec_of(6, 64, PolynomialKernel{}, MaclaurinFeatures{radius, exact}),
                              x.view())
        .squared_error;
  };
  double last = 1e300;
  for (const ExactTerms exact : {ExactTerms::none, ExactTerms::constant, ExactTerms::linear}) {
    const double best = optimal_maclaurin_radius(PolynomialKernel{}, exact, x.view(), x.view());
    CHECK(error(best, exact) <= error(1.1 * best, exact));
    CHECK(error(best, exact) <= error(0.9 * best, exact));
    CHECK(error(best, exact) < last);
    last = error(best, exact);
  }
  CHECK_THROWS_WITH(
      optimal_maclaurin_radius(GaussianKernel{}, ExactTerms::none, x.view(), x.view()),
      Contains("is no kernel f(x.y)"));
  const Recommendation ranking =
      recommend(PolynomialKernel{}, x.view(), x.view(), {.num_features = 64, .seed = {}});
  REQUIRE(ranking.ranked.size() == 4);
  for (const Candidate& candidate : ranking.ranked) {
    CHECK(candidate.error ==
          Approx(gram_error<double>(candidate.spec, x.view()).relative_error).epsilon(1e-10));
  }
}

TEST_CASE("dot-product kernels and their features are refused by name", "[spec]") {
  const auto refusal = [](const FeatureMapSpec& spec) {
    try {
      validate(spec);
    } catch (const InvalidArgument& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const auto polynomial = [&](int degree, double offset) {
    return refusal(spec_of(3, 8, PolynomialKernel{degree, offset, {}}, MaclaurinFeatures{}));
  };
  CHECK(polynomial(3, 1.0) == "no error");
  CHECK_THAT(polynomial(0, 1.0), Contains("polynomial: degree is 0, expected 1 to 32"));
  CHECK_THAT(polynomial(33, 1.0), Contains("degree is 33"));
  CHECK_THAT(polynomial(3, -0.1),
             Contains("offset is -0.1, expected a finite number, not negative"));
  CHECK_THAT(polynomial(3, NAN), Contains("offset is nan"));
  const auto series = [&](std::vector<double> coefficients) {
    return refusal(
        spec_of(3, 8, DotProductKernel{std::move(coefficients), {}}, MaclaurinFeatures{}));
  };
  CHECK_THAT(series({}), Contains("coefficients has 0 entries, expected 1 to 33"));
  CHECK_THAT(series(std::vector<double>(34, 1.0)), Contains("has 34 entries"));
  CHECK_THAT(series({1.0, -2.0}), Contains("coefficients[1] is -2"));
  CHECK_THAT(series({0.0, 0.0}), Contains("all 0"));
  const auto features = [&](const Kernel& kernel, const FeatureFunction& f) {
    return refusal(spec_of(3, 8, kernel, f));
  };
  CHECK_THAT(features(PolynomialKernel{}, MaclaurinFeatures{0.0}), Contains("radius is 0"));
  CHECK_THAT(features(PolynomialKernel{}, MaclaurinFeatures{17.0}), Contains("up to 16"));
  CHECK_THAT(features(GaussianKernel{}, MaclaurinFeatures{}), Contains("need a kernel f(x.y)"));
  CHECK_THAT(features(SoftmaxKernel{}, TensorSketchFeatures{}), Contains("polynomial kernel"));
  FeatureMapSpec spec =
      spec_of(7, 8, PolynomialKernel{}, MaclaurinFeatures{1.0, ExactTerms::linear});
  CHECK_THAT(refusal(spec), Contains("num_frequencies is 8, expected more than 8"));
  spec = spec_of(3, 8, PolynomialKernel{}, MaclaurinFeatures{});
  spec.projection = IidProjection{};
  CHECK_THAT(refusal(spec), Contains("maclaurin features need rademacher frequencies"));
  spec.features = TrigonometricFeatures{};
  CHECK_THAT(refusal(spec), Contains("is no Fourier transform: it needs maclaurin features"));
  spec.kernel = SoftmaxKernel{};
  spec.projection = RademacherProjection{};
  CHECK_THAT(refusal(spec), Contains("rademacher frequencies need maclaurin features"));
  spec = spec_of(3, 8, PolynomialKernel{}, MaclaurinFeatures{});
  spec.transform = {{1.0, 0.0, 0.0}, {1.0, 0.0, 0.0}};
  CHECK_THAT(refusal(spec), Contains("depends on the origin"));
  CHECK_THROWS_WITH(PolynomialKernel::from_gamma(0.0), Contains("gamma is 0"));
  const Matrix<double> x = rows(4, 3, 0.5);
  CHECK_THROWS_WITH(output_error(spec_of(3, 8, SoftmaxKernel{}, MaclaurinFeatures{}), x.view(),
                                 x.view(), x.view()),
                    Contains("no closed form is known here for maclaurin"));
}
