// SPDX-License-Identifier: Apache-2.0
#include "problems.hpp"

#include <bochner/client/gram/exact.hpp>
#include <bochner/core/error.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

TEST_CASE("the exact operator is the exact matrix", "[gram]") {
  const Matrix<double> x = normal_matrix<double>(700, 5, 1);
  for (const Kernel& kernel :
       {Kernel(GaussianKernel{Isotropic{1.3}}), Kernel(SoftmaxKernel{0.2})}) {
    const Eigen::MatrixXd k = exact(kernel, x);
    const ExactGram gram(kernel, x);
    CHECK(gram.size() == 700);
    CHECK(relative(dense(gram.to_dense()), k) == 0.0);
    for (const Index columns : {1, 2, 9}) {
      const Matrix<double> b = normal_matrix<double>(700, columns, 2);
      Matrix<double> out(700, columns);
      gram.multiply(b, out);
      CHECK(relative(dense(out), k * dense(b)) < 1e-14);
      Matrix<double> in_place = b;
      gram.multiply(in_place, in_place);
      CHECK(dense(in_place) == dense(out));
      for (const int threads : {1, 3, 7}) {
        Matrix<double> again(700, columns);
        gram.multiply(b, again, Execution{threads});
        CHECK(dense(again) == dense(out));
      }
    }
    const std::vector<double> diagonal = gram.diagonal();
    for (Index i = 0; i < 700; i += 13) {
      CHECK(diagonal[static_cast<std::size_t>(i)] == k(i, i));
      CHECK(gram.entry(i, 699 - i) == Approx(k(i, 699 - i)).epsilon(1e-13));
    }
    CHECK(gram.trace() == Approx(k.trace()).epsilon(1e-14));
    const std::vector<Index> which = {699, 3, 3, 64};
    Matrix<double> rows(4, 700);
    gram.rows(which, rows);
    for (Index r = 0; r < 4; ++r)
      CHECK(dense(rows).row(r) == k.row(which[static_cast<std::size_t>(r)]));
  }
}

TEST_CASE("single precision rows are widened, not the kernel narrowed", "[gram]") {
  const Matrix<float> x = normal_matrix<float>(100, 3, 4);
  Matrix<double> wide(100, 3);
  std::copy_n(x.data(), x.size(), wide.data());
  CHECK(dense(ExactGram(GaussianKernel{}, x).to_dense()) ==
        dense(ExactGram(GaussianKernel{}, wide).to_dense()));
}

TEST_CASE("the exact operator refuses what it cannot do", "[gram]") {
  Matrix<double> x = normal_matrix<double>(4, 2, 1);
  const ExactGram gram(GaussianKernel{}, x);
  Matrix<double> b(4, 1);
  Matrix<double> short_b(3, 1);
  CHECK_THROWS_WITH(gram.multiply(short_b, b), Contains("b is 3 x 1, expected 4 x m"));
  CHECK_THROWS_WITH(gram.multiply(b, short_b), Contains("out is 3 x 1"));
  b(2, 0) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(gram.multiply(b, b), Contains("b: row 2, column 0 is nan"));
  CHECK_THROWS_WITH(gram.entry(4, 0), Contains("i is 4, expected a row in [0, 4)"));
  CHECK_THROWS_WITH(gram.entry(0, -1), Contains("j is -1"));
  const std::vector<Index> which = {5};
  Matrix<double> row(1, 4);
  CHECK_THROWS_WITH(gram.rows(which, row), Contains("which is 5"));
  CHECK_THROWS_WITH(ExactGram(GaussianKernel{}, x.view().middle_rows(0, 0)),
                    Contains("rows of x is 0, expected at least 1"));
  CHECK_THROWS_WITH(ExactGram(GaussianKernel{Diagonal{{1.0}}}, x), Contains("lengthscales"));
  x(1, 0) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(ExactGram(GaussianKernel{}, x), Contains("x: row 1, column 0 is inf"));
  x(1, 0) = 40.0;
  const ExactGram large(SoftmaxKernel{}, x);
  CHECK_THROWS_WITH(large.diagonal(), Contains("row 1 of x and row 1 of y overflows"));
  CHECK_THROWS_WITH(large.trace(), Contains("overflows"));
  CHECK_THROWS_WITH(large.to_dense(), Contains("overflows"));
  Matrix<double> ones(4, 1);
  ones(1, 0) = 1.0;
  CHECK_THROWS_WITH(large.multiply(ones, ones), Contains("row 1 of the product overflows"));
}

TEST_CASE("rows that are close have the kernel of their difference", "[gram]") {
  // exp(-r) near r = 0 shows every digit of r; inner products of rows of norm 1e4 leave none of
  // 1e-5.
  constexpr Index kRows = 70;
  Matrix<double> x(kRows, 3);
  for (Index i = 0; i < kRows; ++i) {
    x(i, 0) = 1e4;
    x(i, 1) = -3e3;
    x(i, 2) = std::ldexp(static_cast<double>(i), -17);
  }
  const ExactGram gram(LaplacianKernel{Isotropic{1.0}}, x);
  const Matrix<double> k = gram.to_dense();
  for (Index i = 0; i < kRows; ++i) {
    for (Index j = 0; j < kRows; ++j) {
      const double expected = std::exp(-std::abs(x(i, 2) - x(j, 2)));
      CHECK(k(i, j) == Approx(expected).epsilon(1e-15));
      CHECK(gram.entry(i, j) == Approx(expected).epsilon(1e-15));
      if (i == j) CHECK(k(i, j) == 1.0);
    }
  }
}
