// SPDX-License-Identifier: Apache-2.0
#include "linalg/rank_one.hpp"

#include "linalg/cholesky.hpp"
#include "unit/linalg/matrices.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace bochner;

namespace {

MatrixView<double> square(Matrix<double>& a) {
  return a.view().middle_rows(0, a.rows()).middle_cols(0, a.rows());
}

/// The upper triangle's largest difference.
double distance(const Matrix<double>& a, const Matrix<double>& b) {
  double worst = 0.0;
  for (Index i = 0; i < a.rows(); ++i) {
    for (Index j = i; j < a.rows(); ++j) worst = std::max(worst, std::abs(a(i, j) - b(i, j)));
  }
  return worst;
}

}  // namespace

TEST_CASE("a factor follows the matrix when a row comes and when it goes", "[linalg]") {
  for (const Index n : {1, 2, 7, 64, 130}) {
    const Matrix<double> a = positive_definite(n, 0.1, 5);
    const Matrix<double> row = normal_block(n, 1, 6);
    std::vector<double> z;
    for (Index i = 0; i < n; ++i) z.push_back(i == n / 2 ? 0.0 : row(i, 0));
    Matrix<double> before = a;
    Matrix<double> expected = a;
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j <= i; ++j) {
        expected(i, j) += z[static_cast<std::size_t>(i)] * z[static_cast<std::size_t>(j)];
      }
    }
    REQUIRE_FALSE(linalg::cholesky(square(before)).has_value());
    REQUIRE_FALSE(linalg::cholesky(square(expected)).has_value());
    Matrix<double> r = before;
    std::vector<double> used = z;
    linalg::add_row(square(r), used);
    CHECK(distance(r, expected) < 1e-12 * static_cast<double>(n));
    REQUIRE(linalg::remove_row(square(r), z));
    CHECK(distance(r, before) < 1e-11 * static_cast<double>(n));
  }
}

TEST_CASE("a row that was not in is not taken out", "[linalg]") {
  const Matrix<double> a = positive_definite(20, 0.1, 5);
  Matrix<double> r = a;
  REQUIRE_FALSE(linalg::cholesky(square(r)).has_value());
  const Matrix<double> before = r;
  std::vector<double> z(20, 1e3);
  CHECK_FALSE(linalg::remove_row(square(r), z));
  CHECK(distance(r, before) == 0.0);
}
