// SPDX-License-Identifier: Apache-2.0
#include "linalg/cholesky.hpp"

#include "unit/linalg/matrices.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>

using namespace bochner;

namespace {

/// LAPACK's threshold for scaled residuals.
constexpr double kThreshold = 30.0;
constexpr double kEps = std::numeric_limits<double>::epsilon();

MatrixView<double> square(Matrix<double>& a) {
  return a.view().middle_rows(0, a.rows()).middle_cols(0, a.rows());
}

}  // namespace

TEST_CASE("R^T R is the matrix, over block and tile edges", "[linalg]") {
  for (const Index n : {1, 2, 7, 64, 127, 128, 129, 300, 400}) {
    const Matrix<double> a = positive_definite(n, 0.1, 5);
    Matrix<double> r = a;
    REQUIRE_FALSE(linalg::cholesky(square(r)).has_value());
    double worst = 0.0;
    double size = 0.0;
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j <= i; ++j) {
        double sum = 0.0;
        for (Index k = 0; k <= j; ++k) sum += r(k, i) * r(k, j);
        worst = std::max(worst, std::abs(sum - a(i, j)));
        size = std::max(size, std::abs(a(i, j)));
      }
    }
    CHECK(worst / (static_cast<double>(n) * size * kEps) < kThreshold);
  }
}

TEST_CASE("solves leave a small residual and the determinant is that of the factors", "[linalg]") {
  for (const Index n : {1, 9, 128, 150, 401}) {
    for (const Index cols : {1, 3, 20}) {
      const Matrix<double> a = positive_definite(n, 0.1, 6);
      const Matrix<double> b = normal_block(n, cols, 7);
      Matrix<double> r = a;
      Matrix<double> x = b;
      REQUIRE_FALSE(linalg::cholesky(square(r)).has_value());
      linalg::solve_transposed(square(r), x.view().middle_cols(0, cols));
      linalg::solve_upper(square(r), x.view().middle_cols(0, cols));
      for (Index c = 0; c < cols; ++c) {
        double residual = 0.0;
        double size = 0.0;
        for (Index i = 0; i < n; ++i) {
          double sum = -b(i, c);
          for (Index j = 0; j < n; ++j) {
            sum += symmetric(a, i, j) * x(j, c);
            size = std::max(size, std::abs(symmetric(a, i, j) * x(j, c)));
          }
          residual = std::max(residual, std::abs(sum));
        }
        CHECK(residual / (static_cast<double>(n) * size * kEps) < kThreshold);
      }
      double log_det = 0.0;
      for (Index i = 0; i < n; ++i) log_det += 2.0 * std::log(r(i, i));
      CHECK(linalg::log_determinant(square(r)) == Approx(log_det));
    }
  }
}

TEST_CASE("a bad pivot is named, NaN and infinity included", "[linalg]") {
  Matrix<double> a = positive_definite(200, 0.1, 8);
  const Index at = 150;
  for (const double value : {-1.0, 0.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    Matrix<double> bad = a;
    bad(at, at) = value;
    const auto pivot = linalg::cholesky(square(bad));
    REQUIRE(pivot.has_value());
    CHECK(*pivot == at);
  }
  Matrix<double> bad = a;
  bad(180, 20) = std::nan("");
  CHECK(linalg::cholesky(square(bad)) == 180);
}

TEST_CASE("the factor and its solves have the same bits for any number of threads", "[linalg]") {
  const Index n = 700;
  const Matrix<double> a = positive_definite(n, 0.1, 9);
  const Matrix<double> b = normal_block(n, 5, 10);
  Matrix<double> one = a;
  Matrix<double> x_one = b;
  const auto run = [&](Matrix<double>& r, Matrix<double>& x, int threads) {
    REQUIRE_FALSE(linalg::cholesky(square(r), {threads}).has_value());
    linalg::solve_transposed(square(r), x.view().middle_cols(0, 5), {threads});
    linalg::solve_upper(square(r), x.view().middle_cols(0, 5), {threads});
  };
  run(one, x_one, 1);
  for (const int threads : {2, 5}) {
    Matrix<double> many = a;
    Matrix<double> x = b;
    run(many, x, threads);
    bool same = true;
    for (Index i = 0; i < n; ++i) {
      for (Index j = i; j < n; ++j) same = same && many(i, j) == one(i, j);
      for (Index c = 0; c < 5; ++c) same = same && x(i, c) == x_one(i, c);
    }
    CHECK(same);
  }
}
