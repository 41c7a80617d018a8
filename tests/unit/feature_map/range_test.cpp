// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/error.hpp>
#include <bochner/feature_map.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

// What a scalar cannot hold is refused, and what it rounds is rounded once.

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

FeatureMapSpec spec_of(const Kernel& kernel, const FeatureFunction& features,
                       const Projection& projection = IidProjection{}) {
  return {.input_dim = 5,
          .num_frequencies = 40,
          .kernel = kernel,
          .projection = projection,
          .features = features,
          .seed = {5},
          .transform = {}};
}

template <Scalar T>
double log_estimate(const FeatureMapSpec& spec, const Matrix<double>& rows) {
  Matrix<T> x(rows.rows(), rows.cols());
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(rows.data()[i]);
  const FeatureMap<T> map(spec);
  Matrix<T> query(2, map.num_features());
  Matrix<T> key(2, map.num_features());
  std::vector<std::int32_t> a(2);
  std::vector<std::int32_t> b(2);
  map.apply(Side::query, x.view(), {query.view(), a});
  map.apply(Side::key, x.view(), {key.view(), b});
  double sum = 0.0;
  for (Index j = 0; j < query.cols(); ++j) {
    sum += static_cast<double>(query(0, j)) * static_cast<double>(key(1, j));
  }
  return std::log(sum) + std::log(2.0) * (a[0] + b[1]);
}

}  // namespace

TEST_CASE("scales and frequencies that a scalar cannot hold are refused", "[feature_map]") {
  const auto single = [](const Kernel& kernel) {
    return FeatureMap<float>(spec_of(kernel, TrigonometricFeatures{}));
  };
  CHECK_THROWS_WITH(single(GaussianKernel{Isotropic{1e40}}), Contains("range of float"));
  CHECK_THROWS_WITH(single(GaussianKernel{Isotropic{1e-40}}), Contains("range of float"));
  CHECK_THROWS_WITH(single(GaussianKernel{Diagonal{{1.0, 1.0, 1.0, 1.0, 1e46}}}),
                    Contains("scales inputs by 1e-46"));
  Full full;
  full.matrix.assign(25, 1e-46);
  CHECK_THROWS_WITH(single(GaussianKernel{full}), Contains("range of float"));
  full.matrix[3] = 1.0;
  CHECK_NOTHROW(single(GaussianKernel{full}));
  CHECK_THROWS_WITH(single(SpectralMixtureKernel{{{1.0, {1e40}, {1.0}}}}),
                    Contains("expected at most 1e+30 in float"));
  CHECK_NOTHROW(FeatureMap<double>(
      spec_of(SpectralMixtureKernel{{{1.0, {1e40}, {1.0}}}}, TrigonometricFeatures{})));
  CHECK_THROWS_WITH(FeatureMap<double>(spec_of(SpectralMixtureKernel{{{1.0, {1.7e308}, {1.0}}}},
                                               TrigonometricFeatures{})),
                    Contains("in double"));
  CHECK_NOTHROW(FeatureMap<double>(spec_of(GaussianKernel{Isotropic{1e40}}, PositiveFeatures{})));
}

TEST_CASE("a centre that float rounds moves no kernel value", "[feature_map]") {
  // 1000.1 as a float is off by 2e-5, which times |x| is what a softmax kernel would see of it.
  FeatureMapSpec spec = spec_of(SoftmaxKernel{0.01}, PositiveFeatures{});
  spec.transform.query.assign(5, 1000.1);
  spec.transform.key.assign(5, 1000.1);
  Matrix<double> x(2, 5);
  for (Index k = 0; k < 5; ++k) {
    x(0, k) = 1000.0 + 0.25 * static_cast<double>(k);
    x(1, k) = 1000.0 - 0.125 * static_cast<double>(k);
  }
  const double exact = 0.01 * [&] {
    double sum = 0.0;
    for (Index k = 0; k < 5; ++k) sum += x(0, k) * x(1, k);
    return sum;
  }();
  const double wide = log_estimate<double>(spec, x);
  CHECK(std::abs(wide - exact) < 0.5);
  CHECK(std::abs(log_estimate<float>(spec, x) - wide) < 1e-4);
}

TEST_CASE("a gradient that is no number is refused by name", "[feature_map]") {
  const FeatureMap<float> map(spec_of(GaussianKernel{Isotropic{1e-5}}, TrigonometricFeatures{}));
  Matrix<float> x(3, 5);
  Matrix<float> dx(3, 5);
  Matrix<float> dphi(3, map.num_features());
  for (Index j = 0; j < dphi.cols(); ++j) dphi(2, j) = 1e38F;
  CHECK_THROWS_WITH(map.pullback(Side::query, x.view(), dphi.view(), dx.view()),
                    Contains("dx: row 2, column") && Contains("overflows"));
  dphi(2, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(map.pullback(Side::query, x.view(), dphi.view(), dx.view()),
                    Contains("dphi: row 2, column 1 is nan"));
}
