// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/optimal_centring.hpp"

#include "bochner/core/matrix.hpp"
#include "bochner/estimator/plan.hpp"

#include <catch2/catch.hpp>

using namespace bochner;

TEST_CASE("optimal centring takes the squared mean off the mean square", "[centring]") {
  Matrix<double> x(5, 3);
  Matrix<double> y(7, 3);
  const Stream stream({1}, Purpose::study);
  stream.normals(0, {x.data(), 15});
  stream.normals(100, {y.data(), 21});
  for (Index e = 0; e < x.size(); ++e) x.data()[e] += 1.0;
  for (Index e = 0; e < y.size(); ++e) y.data()[e] += 2.0;
  double square = 0.0;
  for (Index c = 0; c < 3; ++c) {
    double sum = 0.0;
    for (Index i = 0; i < 5; ++i) sum += x(i, c) / 5.0;
    for (Index j = 0; j < 7; ++j) sum += y(j, c) / 7.0;
    square += sum * sum;
  }
  FeatureMapSpec spec{.input_dim = 3, .num_frequencies = 4, .kernel = SoftmaxKernel{}};
  spec.features = PositiveFeatures{};
  const double before = error_expected(spec, x.view(), y.view()).mean_square_sum;
  spec.transform = optimal_centring(spec.kernel, spec.features, x.view(), y.view());
  CHECK(error_expected(spec, x.view(), y.view()).mean_square_sum ==
        Approx(before - square).epsilon(1e-12));
  // Features of differences: centres that differ by the difference of the means.
  const PairTransform other =
      optimal_centring(spec.kernel, TrigonometricFeatures{}, x.view(), y.view());
  double query = 0.0;
  double key = 0.0;
  for (Index i = 0; i < 5; ++i) query += x(i, 0) / 5.0;
  for (Index j = 0; j < 7; ++j) key += y(j, 0) / 7.0;
  CHECK(other.query[0] - other.key[0] == Approx(query - key));
  const PairTransform gaussian =
      optimal_centring(GaussianKernel{}, TrigonometricFeatures{}, x.view(), y.view());
  CHECK(gaussian.query == gaussian.key);
  CHECK_THROWS_AS(
      optimal_centring(spec.kernel, spec.features, x.view(), Matrix<double>(0, 3).view()),
      InvalidArgument);
  CHECK_THROWS_AS(
      optimal_centring(spec.kernel, spec.features, x.view(), Matrix<double>(2, 2).view()),
      InvalidArgument);
}
