// SPDX-License-Identifier: Apache-2.0
#include "problems.hpp"

#include <bochner/client/gram/approximation.hpp>
#include <bochner/core/error.hpp>

#include <catch2/catch.hpp>

#include <limits>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

template <class T>
constexpr double kTolerance = std::is_same_v<T, float> ? 3e-6 : 1e-13;

/// Rows of very different norms: exponents of a softmax kernel's features between -60 and 100.
template <class T>
Matrix<T> uneven_rows() {
  Matrix<T> x = normal_matrix<T>(300, 4, 5);
  for (Index i = 0; i < 300; ++i) {
    for (Index k = 0; k < 4; ++k) x(i, k) *= static_cast<T>(i % 10);
  }
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("the implicit matrix behaves like the explicit one", "[gram]", float, double) {
  const auto x = normal_matrix<TestType>(2200, 5, 1);
  const FeatureMap<TestType> map(
      gram_spec(5, 70, GaussianKernel{Isotropic{2.0}}, TrigonometricFeatures{}));
  const Eigen::MatrixXd k = approximate<TestType>(map, x);
  const GramApproximation<TestType> stored(map, x);
  const GramApproximation<TestType> regenerated(map, x, {.memory = 1000});
  REQUIRE(stored.stored());
  REQUIRE_FALSE(regenerated.stored());
  CHECK(regenerated.bytes() < stored.bytes() / 10);
  CHECK(stored.num_features() == 140);
  CHECK(relative(dense(stored.to_dense()), k) < 1e-15);
  CHECK(dense(regenerated.to_dense()) == dense(stored.to_dense()));
  for (const Index columns : {1, 3, 20}) {
    const auto b = normal_matrix<double>(2200, columns, 2);
    Matrix<double> out(2200, columns);
    stored.multiply(b, out);
    CHECK(relative(dense(out), k * dense(b)) < kTolerance<TestType>);
    Matrix<double> in_place = b;
    regenerated.multiply(in_place, in_place);
    CHECK(dense(in_place) == dense(out));
    for (const int threads : {1, 3}) {
      Matrix<double> again(2200, columns);
      stored.multiply(b, again, Execution{threads});
      CHECK(dense(again) == dense(out));
    }
  }
  CHECK(stored.trace() == Approx(k.trace()).epsilon(1e-6));
  const std::vector<double> diagonal = stored.diagonal();
  for (Index i = 0; i < 2200; i += 57) {
    CHECK(diagonal[static_cast<std::size_t>(i)] == Approx(k(i, i)).epsilon(kTolerance<TestType>));
    const Index j = 2199 - i;
    CHECK(stored.entry(i, j) == Approx(k(i, j)).margin(kTolerance<TestType>));
    CHECK(regenerated.entry(i, j) == stored.entry(i, j));
  }
  std::vector<Index> which(130, 7);
  which[3] = 2199;
  Matrix<double> rows(130, 2200);
  stored.rows(which, rows);
  for (Index r = 0; r < 130; ++r) {
    const Index row = which[static_cast<std::size_t>(r)];
    CHECK(relative(dense(rows).row(r), k.row(row)) < 1e-14);
  }
}

TEMPLATE_TEST_CASE("rows of any size keep their accuracy", "[gram]", float, double) {
  const auto x = uneven_rows<TestType>();
  const FeatureMap<TestType> map(gram_spec(4, 40, SoftmaxKernel{0.3}, PositiveFeatures{}));
  const Eigen::MatrixXd k = approximate<TestType>(map, x);
  REQUIRE(k.maxCoeff() > 1e12 * k.minCoeff());
  const GramApproximation<TestType> gram(map, x);
  // Weights that undo the sizes of the rows, so that small rows matter as much as large ones.
  Matrix<double> b = normal_matrix<double>(300, 2, 2);
  const std::vector<double> diagonal = gram.diagonal();
  for (Index i = 0; i < 300; ++i) {
    for (Index c = 0; c < 2; ++c) {
      b(i, c) = std::abs(b(i, c)) / std::sqrt(diagonal[static_cast<std::size_t>(i)]);
    }
  }
  Matrix<double> out(300, 2);
  gram.multiply(b, out);
  const Eigen::MatrixXd expected = k * dense(b);
  for (Index i = 0; i < 300; ++i) {
    CHECK(out(i, 0) == Approx(expected(i, 0)).epsilon(kTolerance<TestType>));
    CHECK(diagonal[static_cast<std::size_t>(i)] == Approx(k(i, i)).epsilon(kTolerance<TestType>));
  }
}

TEST_CASE("a given factor is a Gram matrix too", "[gram]") {
  const Matrix<double> f = normal_matrix<double>(90, 7, 3);
  const GramApproximation<double> gram(f.view());
  CHECK(relative(dense(gram.to_dense()), dense(f) * dense(f).transpose()) < 1e-14);
}

TEST_CASE("products of any size are right or refused", "[gram]") {
  const auto x = normal_matrix<float>(70, 3, 1);
  const FeatureMap<float> map(gram_spec(3, 9, GaussianKernel{}, TrigonometricFeatures{}));
  const GramApproximation<float> gram(map, x);
  for (const double size : {1e-300, 1e-30, 1e30, 1e300}) {
    Matrix<double> b = normal_matrix<double>(70, 1, 2);
    Matrix<double> expected(70, 1);
    gram.multiply(b, expected);
    for (Index i = 0; i < 70; ++i) b(i, 0) *= size;
    gram.multiply(b, b);
    CHECK(relative(dense(b) / size, dense(expected)) < 1e-6);
  }
  Matrix<double> b(70, 1);
  gram.multiply(b, b);
  CHECK(dense(b).norm() == 0.0);
  for (Index i = 0; i < 70; ++i) b(i, 0) = 1e308;
  CHECK_THROWS_WITH(gram.multiply(b, b), Contains("of the product overflows"));
}

TEST_CASE("implicit matrices refuse what they cannot be", "[gram]") {
  Matrix<double> x = normal_matrix<double>(4, 2, 1);
  FeatureMapSpec spec = gram_spec(2, 5, SoftmaxKernel{}, PositiveFeatures{});
  const FeatureMap<double> map(spec);
  const GramApproximation<double> gram(map, x);
  Matrix<double> b(4, 1);
  CHECK_THROWS_WITH(gram.multiply(b.view().middle_rows(0, 3), b), Contains("b is 3 x 1"));
  CHECK_THROWS_WITH(gram.multiply(b, b.view().middle_rows(0, 3)), Contains("out is 3 x 1"));
  b(1, 0) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(gram.multiply(b, b), Contains("b: row 1, column 0 is inf"));
  CHECK_THROWS_WITH(gram.entry(0, 4), Contains("j is 4, expected a row in [0, 4)"));
  const auto make = [&](MatrixView<const double> rows, GramStorage storage) {
    return GramApproximation<double>(map, rows, storage);
  };
  CHECK_THROWS_WITH(make(x.view().middle_rows(0, 0), {}), Contains("rows of x is 0"));
  CHECK_THROWS_WITH(make(x.view().middle_cols(0, 1), {}), Contains("x is 4 x 1, expected n x 2"));
  CHECK_THROWS_WITH(make(x, {.memory = -1}), Contains("memory is -1"));
  CHECK_THROWS_WITH(GramApproximation<double>(x.view().middle_cols(0, 0)),
                    Contains("columns of the factor is 0"));
  spec.transform = {{1.0, 0.0}, {0.0, 1.0}};
  CHECK_THROWS_WITH(GramApproximation<double>(FeatureMap<double>(spec), x),
                    Contains("differently"));
  x(3, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(make(x, {}), Contains("row 3, column 1 is nan"));
  CHECK_THROWS_WITH(GramApproximation<double>(x.view()), Contains("factor: row 3, column 1"));
}
