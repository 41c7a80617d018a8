// SPDX-License-Identifier: Apache-2.0
#include "property/specs.hpp"

#include <bochner/client/attention.hpp>
#include <bochner/client/gram.hpp>
#include <bochner/client/regression.hpp>
#include <bochner/estimator/kernel_estimate.hpp>
#include <bochner/estimator/plan.hpp>
#include <bochner/estimator/variance.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

constexpr Index kDim = 4;
constexpr Index kFrequencies = 24;

const Matrix<double>& matrix() {
  static const Matrix<double> w = property::rows<double>(kFrequencies, kDim, 1.0, 5);
  return w;
}

FeatureMapSpec spec_of(const Kernel& kernel, const FeatureFunction& features,
                       std::span<const double> phases = {}) {
  return {.input_dim = kDim,
          .num_frequencies = kFrequencies,
          .kernel = kernel,
          .projection = GivenProjection{GivenFrequencies(matrix(), phases)},
          .features = features,
          .seed = {3}};
}

double projected(const Matrix<double>& x, Index i, Index j) {
  double sum = 0.0;
  for (Index k = 0; k < kDim; ++k) sum += matrix()(j, k) * x(i, k);
  return sum;
}

}  // namespace

TEMPLATE_TEST_CASE("features of given frequencies are those of the formula", "[given]", float,
                   double) {
  const Matrix<double> x = property::rows<double>(70, kDim);
  const Matrix<TestType> rows = property::rows<TestType>(70, kDim);
  std::vector<double> phases;
  for (Index j = 0; j < kFrequencies; ++j) phases.push_back(0.25 * static_cast<double>(j));
  const double m = kFrequencies;
  const double tolerance = std::same_as<TestType, float> ? 1e-5 : 1e-13;

  const FeatureMap<TestType> pairs(spec_of(GaussianKernel{}, TrigonometricFeatures{}));
  const FeatureMap<TestType> cosines(spec_of(GaussianKernel{}, CosineFeatures{}, phases));
  const FeatureMap<TestType> positive(spec_of(SoftmaxKernel{}, PositiveFeatures{}));
  const Matrix<TestType> of_pairs = features(pairs, rows.view());
  const Matrix<TestType> of_cosines = features(cosines, rows.view());
  const Matrix<TestType> of_positive = features(positive, rows.view());
  for (Index i = 0; i < x.rows(); ++i) {
    double square = 0.0;
    for (Index k = 0; k < kDim; ++k) square += x(i, k) * x(i, k);
    for (Index j = 0; j < kFrequencies; ++j) {
      const double p = projected(x, i, j);
      CHECK(of_pairs(i, j) == Approx(std::cos(p) / std::sqrt(m)).margin(tolerance));
      CHECK(of_pairs(i, kFrequencies + j) == Approx(std::sin(p) / std::sqrt(m)).margin(tolerance));
      const double phase = phases[static_cast<std::size_t>(j)];
      CHECK(of_cosines(i, j) == Approx(std::sqrt(2.0 / m) * std::cos(p + phase)).margin(tolerance));
      CHECK(of_positive(i, j) ==
            Approx(std::exp(p - 0.5 * square) / std::sqrt(m)).epsilon(10.0 * tolerance));
    }
  }
  const Matrix<double> w = pairs.frequencies();
  CHECK(std::equal(w.data(), w.data() + w.size(), matrix().data()));
}

TEST_CASE("a float map of given frequencies is that of the double one", "[given]") {
  const FeatureMapSpec spec = spec_of(GaussianKernel{}, TrigonometricFeatures{});
  const Matrix<float> x = property::rows<float>(5, kDim);
  CHECK(property::apply<float>(FeatureMap<float>(FeatureMap<double>(spec)), x) ==
        property::apply<float>(FeatureMap<float>(spec), x));
}

TEST_CASE("a text holds the digest, and the matrix joins it again", "[given]") {
  const FeatureMapSpec spec = spec_of(GaussianKernel{}, TrigonometricFeatures{});
  const GivenFrequencies given(matrix());
  const std::string text = to_text(spec);
  CHECK(given.digest().size() == 64);
  CHECK_THAT(text, Contains("projection=given(frequencies=" + given.digest() + ")"));
  const FeatureMapSpec parsed = parse_spec(text);
  CHECK(parsed == spec);
  CHECK_THROWS_WITH(FeatureMap<double>(parsed),
                    Contains(given.digest()) && Contains("with_frequencies"));
  const FeatureMapSpec filled = with_frequencies(parsed, given);
  const Matrix<double> x = property::rows<double>(3, kDim);
  CHECK(property::apply<double>(FeatureMap<double>(filled), x) ==
        property::apply<double>(FeatureMap<double>(spec), x));

  Matrix<double> other = matrix();
  other(3, 1) = std::nextafter(other(3, 1), 9.0);
  CHECK_FALSE(GivenFrequencies(other) == given);
  CHECK_THROWS_WITH(with_frequencies(parsed, GivenFrequencies(other)),
                    Contains("with_frequencies: frequencies is of digest") &&
                        Contains(given.digest() + " (the spec's)"));
  CHECK_THROWS_WITH(with_frequencies({.input_dim = 4, .num_frequencies = 4}, given),
                    Contains("expected given frequencies"));
  CHECK_THROWS_WITH(parse_projection("given(frequencies=12ab)"),
                    Contains("expected none or 64 hexadecimal digits"));
  CHECK(parse_projection("given") == Projection(GivenProjection{}));
}

TEST_CASE("the digest tells extents and phases apart", "[given]") {
  const std::vector<double> six{1, 2, 3, 4, 5, 6};
  const GivenFrequencies tall(MatrixView<const double>(six.data(), 3, 2));
  const GivenFrequencies wide(MatrixView<const double>(six.data(), 2, 3));
  const GivenFrequencies split(MatrixView<const double>(six.data(), 2, 2),
                               std::span<const double>(six).last(2));
  CHECK_FALSE(tall == wide);
  CHECK_FALSE(tall == split);
  // Python: hashlib.sha256(struct.pack('<QQQd', 1, 1, 0, 1.0)).hexdigest()
  CHECK(GivenFrequencies(MatrixView<const double>(six.data(), 1, 1)).digest() ==
        "3e442ed9e32384cf5062bcfdec5eea3b4c08dc47a9c40839ba0ef399c210ae53");
}

TEST_CASE("given frequencies that do not fit are refused by name", "[given]") {
  FeatureMapSpec spec = spec_of(GaussianKernel{}, TrigonometricFeatures{});
  spec.num_frequencies = 23;
  CHECK_THROWS_WITH(validate(spec),
                    Contains("frequencies is 24 x 4") && Contains("num_frequencies x input_dim"));
  spec.num_frequencies = 24;
  spec.input_dim = 3;
  CHECK_THROWS_WITH(validate(spec), Contains("frequencies is 24 x 4"));
  spec.projection = GivenProjection{};
  CHECK_THROWS_WITH(validate(spec), Contains("need a matrix, and have none"));

  Matrix<double> w = matrix();
  w(2, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(GivenFrequencies(w), Contains("GivenFrequencies: w: row 2, column 1 is nan"));
  CHECK_THROWS_WITH(GivenFrequencies(Matrix<double>(0, 3)), Contains("rows of w"));
  const std::vector<double> phases(23, 0.0);
  CHECK_THROWS_WITH(GivenFrequencies(matrix(), phases), Contains("phases"));
  const std::vector<double> infinite(24, std::numeric_limits<double>::infinity());
  CHECK_THROWS_WITH(GivenFrequencies(matrix(), infinite), Contains("phases"));
  const std::vector<double> fitting(24, 0.5);
  CHECK_THROWS_WITH(validate(spec_of(GaussianKernel{}, TrigonometricFeatures{}, fitting)),
                    Contains("trigonometric features have none"));
}

TEMPLATE_TEST_CASE("weights count in place of the mean", "[given]", float, double) {
  const Matrix<TestType> x = property::rows<TestType>(70, kDim);
  std::vector<double> weights;
  for (Index j = 0; j < kFrequencies; ++j) weights.push_back(0.01 * static_cast<double>(j + 1));
  const double tolerance = std::same_as<TestType, float> ? 1e-5 : 1e-13;
  for (FeatureMapSpec spec :
       {spec_of(GaussianKernel{}, TrigonometricFeatures{}),
        spec_of(MaternKernel{}, CosineFeatures{}), spec_of(SoftmaxKernel{}, PositiveFeatures{}),
        spec_of(SoftmaxKernel{}, HyperbolicOprfFeatures{-0.1}),
        spec_of(ArcCosineKernel{1, 0.5}, RectifiedFeatures{})}) {
    INFO(to_text(spec));
    const Matrix<TestType> plain = features(FeatureMap<TestType>(spec), x.view());
    spec.projection = GivenProjection{GivenFrequencies(matrix(), {}, weights)};
    const Matrix<TestType> weighted = features(FeatureMap<TestType>(spec), x.view());
    double worst = 0.0;
    for (Index i = 0; i < x.rows(); ++i) {
      for (Index j = 0; j < plain.cols(); ++j) {
        const double weight = weights[static_cast<std::size_t>(j % kFrequencies)];
        const double expected = std::sqrt(kFrequencies * weight) * plain(i, j);
        worst = std::max(worst, std::abs(weighted(i, j) - expected) / (1.0 + std::abs(expected)));
      }
    }
    CHECK(worst < tolerance);
  }
  const std::vector<double> mean(kFrequencies, 1.0 / kFrequencies);
  CHECK_FALSE(GivenFrequencies(matrix(), {}, mean) == GivenFrequencies(matrix()));
  CHECK_FALSE(GivenFrequencies(matrix(), {}, mean) == GivenFrequencies(matrix(), mean));
}

TEST_CASE("weights that do not fit are refused by name", "[given]") {
  std::vector<double> weights(kFrequencies, 0.5);
  const auto given = [&] { return GivenFrequencies(matrix(), {}, weights); };
  for (const double bad : {0.0, -1.0, std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN()}) {
    weights[3] = bad;
    CHECK_THROWS_WITH(given(), Contains("GivenFrequencies: weights[3]"));
  }
  weights.resize(5);
  CHECK_THROWS_WITH(given(), Contains("weights has 5 entries"));
  weights.assign(kFrequencies, 0.5);
  FeatureMapSpec spec = spec_of(GaussianKernel{}, TrigonometricFeatures{});
  spec.projection = GivenProjection{given(), GivenLaw::independent};
  CHECK_THROWS_WITH(validate(spec), Contains("law is independent, expected unknown"));
}

TEST_CASE("predictions hold for given frequencies that are said to be independent draws",
          "[given]") {
  FeatureMapSpec iid = spec_of(SoftmaxKernel{}, HyperbolicFeatures{});
  iid.projection = IidProjection{};
  FeatureMapSpec given = iid;
  given.projection = GivenProjection{GivenFrequencies(matrix()), GivenLaw::independent};
  const std::vector<double> x(kDim, 0.2), y(kDim, -0.1);
  CHECK(kernel_moments(given, x, y).variance == kernel_moments(iid, x, y).variance);
  const std::string text = to_text(given);
  CHECK_THAT(text, Contains("law=independent"));
  CHECK(with_frequencies(parse_spec(text), GivenFrequencies(matrix())) == given);
}

TEST_CASE("errors of given frequencies are estimated, not predicted", "[given]") {
  const FeatureMapSpec spec = spec_of(SoftmaxKernel{}, PositiveFeatures{});
  const std::vector<double> x(kDim, 0.2);
  CHECK_THROWS_WITH(kernel_moments(spec, x, x), Contains("law of given frequencies is not known"));
  CHECK_THROWS_WITH(frequencies_needed(spec, x, x, {.error = 0.1}),
                    Contains("law of given frequencies is not known"));
  FeatureMapSpec steps = spec_of(ArcCosineKernel{}, RectifiedFeatures{});
  CHECK_THROWS_WITH(kernel_moments(steps, x, x), Contains("law of given frequencies is not known"));
  const FeatureMap<double> map(spec);
  const Matrix<double> rows = property::rows<double>(4, kDim, 0.3);
  const std::vector<KernelEstimate> found = estimate(map, rows.view(), rows.view());
  for (const KernelEstimate& each : found) CHECK(each.standard_error > 0.0);
}

TEST_CASE("clients take given frequencies, and a model holds them", "[given]") {
  const Matrix<double> x = property::rows<double>(60, kDim, 1.0, 8);
  Matrix<double> y(60, 1);
  for (Index i = 0; i < 60; ++i) y(i, 0) = std::sin(x(i, 0)) + x(i, 1);
  std::vector<double> phases(kFrequencies, 0.75);
  FeatureMapSpec weighted = spec_of(GaussianKernel{}, CosineFeatures{}, phases);
  weighted.projection = GivenProjection{GivenFrequencies(matrix(), phases, phases)};
  for (const FeatureMapSpec& spec :
       {spec_of(GaussianKernel{}, TrigonometricFeatures{}),
        spec_of(GaussianKernel{}, CosineFeatures{}, phases), weighted}) {
    NormalEquations<double> equations{FeatureMap<double>(spec)};
    equations.add({x.view(), y.view(), {}});
    const RidgeRegression<double> model(equations, {});
    Archive archive = model.save();
    const RidgeRegression<double> loaded = RidgeRegression<double>::load(archive);
    Matrix<double> before(60, 1);
    Matrix<double> after(60, 1);
    model.predict(x.view(), before.view());
    loaded.predict(x.view(), after.view());
    CHECK(std::equal(before.data(), before.data() + 60, after.data()));

    auto& held = std::get<Matrix<double>>(archive.arrays.at("given_frequencies"));
    held(1, 1) += 1.0;
    CHECK_THROWS_WITH(RidgeRegression<double>::load(archive),
                      Contains("archive: given_frequencies is of digest"));
    archive.arrays.erase("given_frequencies");
    CHECK_THROWS_WITH(RidgeRegression<double>::load(archive), Contains("given_frequencies"));
  }
}
