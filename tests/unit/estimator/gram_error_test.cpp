// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/gram_error.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "bochner/estimator/variance.hpp"
#include "bochner/random/stream.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

using namespace bochner;

namespace {

/// Rows of norms spread over `spread` decades around `scale`, some equal, one zero.
Matrix<double> rows(Index n, Index dim, double scale, double spread, std::uint64_t seed) {
  Matrix<double> x(n, dim);
  for (Index i = 0; i < n; ++i) {
    const Index source = i % 10 == 9 ? i - 1 : i;
    const Stream stream({seed}, Purpose::study, static_cast<std::uint64_t>(source));
    const double size = scale * std::pow(10.0, spread * (stream.uniform(1000) - 0.5)) /
                        std::sqrt(static_cast<double>(dim));
    for (Index k = 0; k < dim; ++k) {
      x(i, k) = i == 0 ? 0.0 : size * stream.normal(static_cast<std::uint64_t>(k));
    }
  }
  return x;
}

struct Sums {
  double error = 0.0, norm = 0.0;
};
Sums entry_by_entry(const FeatureMapSpec& spec, const Matrix<double>& x, const Matrix<double>& y) {
  Sums sums;
  const auto d = static_cast<std::size_t>(x.cols());
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index j = 0; j < y.rows(); ++j) {
      const KernelMoments m = kernel_moments(spec, {x.row(i), d}, {y.row(j), d});
      sums.error += m.variance + m.bias * m.bias;
      sums.norm += m.exact * m.exact;
    }
  }
  return sums;
}

const std::vector<Projection> kProjections = {IidProjection{},
                                              OrthogonalProjection{},
                                              OrthogonalProjection{Radii::constant},
                                              HadamardProjection{},
                                              SimplexProjection{},
                                              AntitheticProjection{},
                                              AntitheticProjection{Directions::independent}};
const std::vector<FeatureFunction> kFeatures = {
    TrigonometricFeatures{}, CosineFeatures{},    PositiveFeatures{},
    HyperbolicFeatures{},    OprfFeatures{-0.05}, HyperbolicOprfFeatures{-0.02}};

}  // namespace

TEST_CASE("the error of a Gram matrix is the sum over its entries", "[gram_error]") {
  for (const Index dim : {1, 2, 5, 16, 33}) {
    const Matrix<double> x = rows(30, dim, 0.5, 1.5, 1);
    const Matrix<double> y = rows(66, dim, 0.5, 2.5, 2);
    for (const Kernel& kernel : {Kernel{GaussianKernel{}}, Kernel{SoftmaxKernel{0.8}}}) {
      for (const Projection& projection : kProjections) {
        for (const FeatureFunction& features : kFeatures) {
          FeatureMapSpec spec{.input_dim = dim,
                              .num_frequencies = 2 * dim + 1,
                              .kernel = kernel,
                              .projection = projection,
                              .features = features};
          CAPTURE(to_text(spec));
          const Sums expected = entry_by_entry(spec, x, y);
          const PredictedGramError error = gram_error<double>(spec, x.view(), y.view());
          CHECK(error.squared_error == Approx(expected.error).epsilon(1e-11));
          CHECK(error.squared_norm == Approx(expected.norm).epsilon(1e-11));
          CHECK(error.relative_error ==
                Approx(std::sqrt(expected.error / expected.norm)).epsilon(1e-11));
        }
      }
    }
  }
}

TEST_CASE("symmetric and general sums agree, float and double agree", "[gram_error]") {
  const Matrix<double> x = rows(150, 9, 1.0, 1.0, 3);
  Matrix<float> narrow(150, 9);
  for (Index i = 0; i < x.size(); ++i) narrow.data()[i] = static_cast<float>(x.data()[i]);
  FeatureMapSpec spec{.input_dim = 9, .num_frequencies = 20, .kernel = SoftmaxKernel{}};
  for (const FeatureFunction& features : kFeatures) {
    spec.features = features;
    const double general = gram_error<double>(spec, x.view(), x.view()).relative_error;
    CHECK(gram_error<double>(spec, x.view()).relative_error == Approx(general).epsilon(1e-13));
    CHECK(gram_error<float>(spec, narrow.view()).relative_error == Approx(general).epsilon(1e-6));
  }
  spec.transform = {.query = std::vector<double>(9, 0.1), .key = std::vector<double>(9, -0.2)};
  spec.features = PositiveFeatures{};
  CHECK(gram_error<double>(spec, x.view()).squared_error ==
        Approx(entry_by_entry(spec, x, x).error).epsilon(1e-11));
}

TEST_CASE("the prediction has the same bits for any number of threads", "[gram_error]") {
  const Matrix<double> x = rows(300, 12, 1.0, 4.0, 4);
  for (const Projection& projection : kProjections) {
    const FeatureMapSpec spec{.input_dim = 12,
                              .num_frequencies = 30,
                              .kernel = SoftmaxKernel{},
                              .projection = projection,
                              .features = HyperbolicFeatures{}};
    const PredictedGramError one = gram_error<double>(spec, x.view(), Execution{1});
    for (const int threads : {2, 3, 7}) {
      const PredictedGramError many = gram_error<double>(spec, x.view(), Execution{threads});
      CHECK(many.squared_error == one.squared_error);
      CHECK(many.squared_norm == one.squared_norm);
    }
  }
}

TEST_CASE("the curve gives every number of frequencies at once", "[gram_error]") {
  const Matrix<double> x = rows(60, 6, 1.0, 1.0, 5);
  FeatureMapSpec spec{.input_dim = 6, .num_frequencies = 1};
  const GramErrorCurve curve = gram_error_curve<double>(spec, x.view());
  CHECK(curve.block_size == 6);
  for (const Index m : {1, 2, 6, 7, 11, 12, 1000}) {
    spec.num_frequencies = m;
    CHECK(curve.at(m).relative_error == gram_error<double>(spec, x.view()).relative_error);
  }
  CHECK_THROWS_AS(curve.at(0), InvalidArgument);
}

TEST_CASE("Gram errors: degenerate and extreme inputs", "[gram_error]") {
  FeatureMapSpec spec{.input_dim = 2, .num_frequencies = 8};
  Matrix<double> same(5, 2);
  for (Index i = 0; i < 5; ++i) same(i, 0) = 3.0;
  const PredictedGramError none = gram_error<double>(spec, same.view());
  CHECK(none.squared_error == 0.0);
  CHECK(none.relative_error == 0.0);
  CHECK(none.squared_norm == Approx(25.0));

  spec.kernel = SoftmaxKernel{};
  spec.features = PositiveFeatures{};
  Matrix<double> large(3, 2);
  for (Index i = 0; i < 6; ++i) large.data()[i] = 500.0 + static_cast<double>(i);
  const PredictedGramError huge = gram_error<double>(spec, large.view());
  CHECK(huge.squared_norm == std::numeric_limits<double>::infinity());
  CHECK(std::isfinite(huge.log_squared_norm));
  CHECK(std::isfinite(huge.log_squared_error));

  CHECK(gram_error<double>(spec, MatrixView<const double>(nullptr, 0, 2)).squared_error == 0.0);
  CHECK_THROWS_WITH(gram_error<double>(spec, MatrixView<const double>(same.data(), 2, 3)),
                    "gram_error_curve: x is 2 x 3, expected n x 2 (the spec's input_dim)");
  same(4, 1) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(gram_error<double>(spec, same.view()),
                    "gram_error_curve: x: row 4, column 1 is inf, expected a finite number");
  same(4, 1) = 1e160;
  CHECK_THROWS_WITH(gram_error<double>(spec, same.view()), Catch::Contains("x row 4 is too long"));
}
