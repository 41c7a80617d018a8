// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/output_error.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "bochner/random/stream.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

using namespace bochner;

namespace {

Matrix<double> normals(Index rows, Index cols, double size, std::uint64_t item) {
  Matrix<double> x(rows, cols);
  Stream({5}, Purpose::study, item).normals(0, {x.data(), static_cast<std::size_t>(x.size())});
  for (Index i = 0; i < x.size(); ++i) x.data()[i] *= size;
  return x;
}

/// Outputs from weights given up to a factor a row.
Matrix<double> outputs(const Matrix<double>& weights, const Matrix<double>& v) {
  Matrix<double> out(weights.rows(), v.cols());
  for (Index i = 0; i < weights.rows(); ++i) {
    double total = 0.0;
    for (Index j = 0; j < v.rows(); ++j) {
      total += weights(i, j);
      for (Index c = 0; c < v.cols(); ++c) out(i, c) += weights(i, j) * v(j, c);
    }
    for (Index c = 0; c < v.cols(); ++c) out(i, c) /= total;
  }
  return out;
}

Matrix<double> estimated_weights(const FeatureMapSpec& spec, const Matrix<double>& q,
                                 const Matrix<double>& k) {
  const FeatureMap<double> map(spec);
  Matrix<double> phi(q.rows(), map.num_features());
  Matrix<double> psi(k.rows(), map.num_features());
  std::vector<std::int32_t> a(static_cast<std::size_t>(q.rows()));
  std::vector<std::int32_t> b(static_cast<std::size_t>(k.rows()));
  map.apply(Side::query, q.view(), {phi.view(), a});
  map.apply(Side::key, k.view(), {psi.view(), b});
  Matrix<double> weights(q.rows(), k.rows());
  for (Index i = 0; i < q.rows(); ++i) {
    for (Index j = 0; j < k.rows(); ++j) {
      double sum = 0.0;
      for (Index f = 0; f < phi.cols(); ++f) sum += phi(i, f) * psi(j, f);
      weights(i, j) = std::ldexp(sum, b[static_cast<std::size_t>(j)]);
    }
  }
  return weights;
}

}  // namespace

TEST_CASE("the error of attention's output is what redraws show", "[output_error]") {
  constexpr int kRedraws = 1200;
  const Matrix<double> q = normals(8, 6, 0.25, 1);
  const Matrix<double> k = normals(20, 6, 0.25, 2);
  const Matrix<double> v = normals(20, 3, 1.0, 3);
  Matrix<double> exact(8, 20);
  for (Index i = 0; i < 8; ++i) {
    for (Index j = 0; j < 20; ++j) {
      double sum = 0.0;
      for (Index c = 0; c < 6; ++c) sum += q(i, c) * k(j, c);
      exact(i, j) = std::exp(sum);
    }
  }
  const Matrix<double> truth = outputs(exact, v);
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(CosineFeatures{}),
        FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicFeatures{}),
        FeatureFunction(OprfFeatures{-0.15}), FeatureFunction(HyperbolicOprfFeatures{-0.1})}) {
    FeatureMapSpec spec{.input_dim = 6,
                        .num_frequencies = 1000,
                        .kernel = SoftmaxKernel{},
                        .projection = IidProjection{},
                        .features = features};
    const OutputError predicted = output_error(spec, q.view(), k.view(), v.view());
    CHECK(predicted.warning.empty());
    double sum = 0.0;
    double squares = 0.0;
    for (int r = 0; r < kRedraws; ++r) {
      spec.seed = {static_cast<std::uint64_t>(r)};
      const Matrix<double> out = outputs(estimated_weights(spec, q, k), v);
      double error = 0.0;
      for (Index i = 0; i < out.size(); ++i) {
        error += std::pow(out.data()[i] - truth.data()[i], 2);
      }
      sum += error;
      squares += error * error;
    }
    const double mean = sum / kRedraws;
    const double deviation = std::sqrt((squares / kRedraws - mean * mean) / kRedraws);
    double expected = 0.0;
    for (const double e : predicted.squared_error) expected += e;
    CAPTURE(to_text(features), mean, deviation, expected);
    // First order: one per cent besides.
    CHECK(std::abs(mean - expected) <= 5.0 * deviation + 0.01 * expected);
    // It is a test: a prediction without the division by the denominators would be seen.
    CHECK(std::abs(mean - 1.5 * expected) > 5.0 * deviation + 0.01 * expected);
  }
}

TEST_CASE("output errors: threads, warnings and refusals", "[output_error]") {
  const Matrix<double> q = normals(8, 6, 0.25, 1);
  const Matrix<double> k = normals(20, 6, 0.25, 2);
  Matrix<double> v = normals(20, 3, 1.0, 3);
  FeatureMapSpec spec{.input_dim = 6,
                      .num_frequencies = 12,
                      .kernel = SoftmaxKernel{},
                      .projection = IidProjection{},
                      .features = PositiveFeatures{}};
  const OutputError one = output_error(spec, q.view(), k.view(), v.view(), Execution{1});
  const OutputError three = output_error(spec, q.view(), k.view(), v.view(), Execution{3});
  CHECK(one.squared_error == three.squared_error);
  CHECK(one.relative_error == three.relative_error);
  CHECK_THAT(one.warning, Catch::Contains("denominators"));
  CHECK_THROWS_WITH(output_error(spec, q.view(), v.view(), v.view()),
                    Catch::Contains("keys is 20 x 3"));
  CHECK_THROWS_AS(output_error(spec, q.view(), k.view(), q.view()), InvalidArgument);
  v(3, 1) = NAN;
  CHECK_THROWS_WITH(output_error(spec, q.view(), k.view(), v.view()),
                    Catch::Contains("values row 3, column 1 is nan"));
  v(3, 1) = 0.0;
  spec.projection = OrthogonalProjection{};
  CHECK_THROWS_WITH(output_error(spec, q.view(), k.view(), v.view()),
                    Catch::Contains("is for iid frequencies"));
}
