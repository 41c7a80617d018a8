// SPDX-License-Identifier: Apache-2.0
#include "support/exact_kernel.hpp"

#include <bochner/client/gram/exact.hpp>
#include <bochner/client/gram/matrix.hpp>
#include <bochner/core/error.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/core/registry.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

template <class T>
Matrix<T> normal_rows(Index rows, Index cols, std::uint64_t seed, double size = 1.0) {
  Matrix<T> x(rows, cols);
  const Stream stream(Seed{seed}, Purpose::study);
  for (Index i = 0; i < x.size(); ++i) {
    x.data()[i] = static_cast<T>(size * stream.normal(static_cast<std::uint64_t>(i)));
  }
  return x;
}

FeatureMapSpec spec_of(Index dim, const Kernel& kernel, const FeatureFunction& features) {
  return {.input_dim = dim,
          .num_frequencies = 33,
          .kernel = kernel,
          .projection = OrthogonalProjection{},
          .features = features,
          .seed = {3},
          .transform = {}};
}

}  // namespace

TEST_CASE("the exact Gram matrix agrees with pairs, over tile edges and strides", "[gram]") {
  const Matrix<double> x = normal_rows<double>(130, 5, 1);
  const Matrix<double> y = normal_rows<double>(600, 5, 2);
  for (const Kernel& kernel :
       {Kernel(GaussianKernel{Isotropic{1.3}}), Kernel(SoftmaxKernel{0.4}),
        Kernel(GaussianKernel{
            Full{{1, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1}}})}) {
    Matrix<double> k(600, 130);  // written through its transpose: column-major for the callee
    exact_gram(kernel, x.view(), y.view(), k.view().transpose());
    for (Index i = 0; i < 130; i += 7) {
      for (Index j = 0; j < 600; j += 11) {
        CHECK(k(j, i) == Approx(evaluate(kernel, x.row(i), y.row(j), 5)).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("the exact Gram matrix keeps its digits far from the origin", "[gram]") {
  // Integers beside 1e12, and one cluster at the origin: no single centre would do for both.
  Matrix<double> x = normal_rows<double>(140, 3, 6, 3.0);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = std::round(x.data()[i]);
  for (Index i = 0; i < 100; ++i) {
    for (Index k = 0; k < 3; ++k) x(i, k) += 1e12;
  }
  const Diagonal thirds{{3.3, 0.9, 1.7}};
  const Full full{{0.3, 0.1, 0.0, 0.0, 0.7, 0.2, 0.1, 0.0, 1.1}};
  for (const Kernel& kernel :
       {Kernel(GaussianKernel{Isotropic{3.3}}), Kernel(GaussianKernel{thirds}),
        Kernel(LaplacianKernel{full}), Kernel(MaternKernel{1.5, thirds}),
        Kernel(ProductLaplacianKernel{full}), Kernel(ProductCauchyKernel{thirds})}) {
    Matrix<double> k(140, 140);
    exact_gram(kernel, x.view(), x.view(), k.view());
    for (Index i = 0; i < 140; ++i) {
      for (Index j = 0; j < 140; ++j) {
        testing::LongRow a;
        testing::LongRow b;
        for (Index c = 0; c < 3; ++c) {
          a.push_back(x(i, c));
          b.push_back(x(j, c));
        }
        const testing::ExactValue exact = testing::ExactKernel(a, b)(kernel);
        CHECK(std::abs(k(i, j) - static_cast<double>(exact.value)) <=
              2e-13 * static_cast<double>(exact.sensitivity));
      }
    }
  }
}

TEST_CASE("orthogonal rows far from the origin keep the digits of their product", "[gram]") {
  Matrix<double> x(2, 3);
  x(0, 0) = 1e12 + 1.0;
  x(0, 1) = -1e12;
  x(0, 2) = 1.0;
  x(1, 0) = 1e12 - 1.0;
  x(1, 1) = 1e12;
  x(1, 2) = 3.0;
  Matrix<double> k(2, 2);
  exact_gram(PolynomialKernel{1, 0.0, {}}, x.view(), x.view(), k.view());
  CHECK(k(0, 1) == 2.0);
  CHECK(k(1, 0) == 2.0);
  CHECK(ExactGram(PolynomialKernel{1, 0.0, {}}, x.view()).entry(0, 1) == 2.0);
  // Products that overflow are refused, distances that do are far.
  for (Index i = 0; i < x.size(); ++i) x.data()[i] *= 1e150;
  CHECK_THROWS_WITH(exact_gram(SoftmaxKernel{}, x.view(), x.view(), k.view()),
                    Contains("overflows"));
  exact_gram(GaussianKernel{}, x.view(), x.view(), k.view());
  CHECK(k(0, 0) == 1.0);
  CHECK(k(0, 1) == 0.0);
}

TEST_CASE("duplicate rows have kernel exactly one", "[gram]") {
  Matrix<double> x = normal_rows<double>(200, 9, 4, 100.0);
  for (Index k = 0; k < 9; ++k) x(150, k) = x(3, k);
  Matrix<double> gram(200, 200);
  exact_gram(GaussianKernel{}, x.view(), x.view(), gram.view());
  for (Index i = 0; i < 200; ++i) CHECK(gram(i, i) == 1.0);
  CHECK(gram(3, 150) == 1.0);
  CHECK(gram(150, 3) == 1.0);
}

TEST_CASE("an entry has the bits of the whole matrix", "[gram]") {
  const Matrix<double> x = normal_rows<double>(30, 50, 5);
  for (const Kernel& kernel : all_alternatives<Kernel>()) {
    CAPTURE(to_text(kernel));
    const ExactGram gram(kernel, x.view());
    const Matrix<double> dense = gram.to_dense();
    for (const Index i : {0, 7, 29}) {
      for (const Index j : {0, 7, 12}) CHECK(gram.entry(i, j) == dense(i, j));
    }
  }
}

TEMPLATE_TEST_CASE("the approximate Gram matrix is the product of features", "[gram]", float,
                   double) {
  const double tolerance = std::is_same_v<TestType, float> ? 1e-5 : 1e-13;
  const auto x = normal_rows<TestType>(70, 4, 1);
  const auto y = normal_rows<TestType>(530, 4, 2);
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(HyperbolicFeatures{})}) {
    const FeatureMap<TestType> map(spec_of(4, SoftmaxKernel{0.5}, features));
    Matrix<TestType> phi_x(70, map.num_features());
    Matrix<TestType> phi_y(530, map.num_features());
    std::vector<std::int32_t> a(70);
    std::vector<std::int32_t> b(530);
    map.apply(Side::query, x.view(), {phi_x.view(), a});
    map.apply(Side::key, y.view(), {phi_y.view(), b});
    Matrix<double> gram(70, 530);
    approximate_gram<TestType>(map, x.view(), y.view(), gram.view());
    for (Index i = 0; i < 70; i += 3) {
      for (Index j = 0; j < 530; j += 5) {
        double sum = 0.0;
        double size = 0.0;
        for (Index f = 0; f < map.num_features(); ++f) {
          const double term = static_cast<double>(phi_x(i, f)) * static_cast<double>(phi_y(j, f));
          sum += term;
          size += std::abs(term);
        }
        const int exponent = a[static_cast<std::size_t>(i)] + b[static_cast<std::size_t>(j)];
        const double error = std::abs(std::ldexp(sum, exponent) - gram(i, j));
        CHECK(error <= tolerance * std::ldexp(size, exponent));
      }
    }
  }
}

TEST_CASE("the distance is that of the two matrices, for any number of threads", "[gram]") {
  const auto x = normal_rows<double>(150, 3, 1);
  const auto y = normal_rows<double>(700, 3, 2);
  const FeatureMap<double> map(spec_of(3, GaussianKernel{}, TrigonometricFeatures{}));
  Matrix<double> exact(150, 700);
  Matrix<double> approximate(150, 700);
  exact_gram(GaussianKernel{}, x.view(), y.view(), exact.view());
  approximate_gram<double>(map, x.view(), y.view(), approximate.view());
  double squared_error = 0.0;
  double squared_norm = 0.0;
  for (Index i = 0; i < exact.size(); ++i) {
    squared_error += std::pow(approximate.data()[i] - exact.data()[i], 2);
    squared_norm += std::pow(exact.data()[i], 2);
  }
  const MeasuredGramError one = gram_distance<double>(map, x.view(), y.view(), Execution{1});
  CHECK(one.squared_error == Approx(squared_error).epsilon(1e-12));
  CHECK(one.squared_norm == Approx(squared_norm).epsilon(1e-12));
  CHECK(one.relative() == Approx(std::sqrt(squared_error / squared_norm)));
  for (const int threads : {2, 3, 7}) {
    const MeasuredGramError many =
        gram_distance<double>(map, x.view(), y.view(), Execution{threads});
    CHECK(many.squared_error == one.squared_error);
    CHECK(many.squared_norm == one.squared_norm);
  }
}

TEST_CASE("an output that overlaps the rows is refused, or harmless", "[gram]") {
  Matrix<double> x = normal_rows<double>(4, 4, 8);
  const FeatureMap<double> map(spec_of(4, GaussianKernel{}, TrigonometricFeatures{}));
  CHECK_THROWS_WITH(approximate_gram<double>(map, x.view(), x.view(), x.view()),
                    Contains("out overlaps x"));
  const Matrix<double> before = x;
  exact_gram(GaussianKernel{}, x.view(), x.view(), x.view());
  CHECK(x(2, 3) == Approx(evaluate(GaussianKernel{}, before.row(2), before.row(3), 4)));
}

TEST_CASE("Gram matrices refuse what they cannot hold", "[gram]") {
  Matrix<double> x(4, 2);
  Matrix<double> k(4, 4);
  const FeatureMap<double> map(spec_of(2, SoftmaxKernel{}, PositiveFeatures{}));
  CHECK_THROWS_WITH(exact_gram(GaussianKernel{}, x.view(), x.view().middle_cols(0, 1), k.view()),
                    Contains("y is 4 x 1, expected n x 2"));
  CHECK_THROWS_WITH(exact_gram(GaussianKernel{}, x.view(), x.view(), k.view().middle_rows(0, 3)),
                    Contains("out is 3 x 4, expected 4 x 4"));
  x(2, 1) = 40.0;
  x(3, 1) = 40.0;
  CHECK_THROWS_WITH(exact_gram(SoftmaxKernel{}, x.view(), x.view(), k.view()),
                    Contains("row 2 of x and row 2 of y overflows"));
  x(2, 1) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(exact_gram(GaussianKernel{}, x.view(), x.view(), k.view()),
                    Contains("x: row 2, column 1 is inf"));
  CHECK_THROWS_WITH(approximate_gram<double>(map, x.view(), x.view(), k.view()),
                    Contains("row 2, column 1 is inf"));
  CHECK_THROWS_WITH(gram_distance<double>(map, x.view(), x.view()), Contains("row 2, column 1"));
  Matrix<double> none(0, 0);
  CHECK_NOTHROW(exact_gram(GaussianKernel{}, x.view().middle_rows(0, 0), x.view().middle_rows(0, 0),
                           none.view()));
}
