// SPDX-License-Identifier: Apache-2.0
#include "linalg/symmetric_eigen.hpp"

#include "matrices.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using bochner::Index;
using bochner::Matrix;
using bochner::positive_definite;
using bochner::symmetric;
using bochner::linalg::symmetric_eigen;

TEST_CASE("A V = V diag(values), V orthonormal, values ascending", "[eigen]") {
  for (const Index n : {0, 1, 2, 5, 60}) {
    const Matrix<double> a = positive_definite(n, 0.5, 3);  // NaN above the diagonal
    const auto eigen = symmetric_eigen(a.view().middle_cols(0, n));
    REQUIRE(eigen);
    CHECK(std::is_sorted(eigen->values.begin(), eigen->values.end()));
    double residual = 0.0, defect = 0.0;
    for (Index j = 0; j < n; ++j) {
      for (Index i = 0; i < n; ++i) {
        double image = 0.0, product = 0.0;
        for (Index k = 0; k < n; ++k) {
          image += symmetric(a, i, k) * eigen->vectors(k, j);
          product += eigen->vectors(k, i) * eigen->vectors(k, j);
        }
        const double value = eigen->values[static_cast<std::size_t>(j)];
        residual = std::max(residual, std::fabs(image - value * eigen->vectors(i, j)));
        defect = std::max(defect, std::fabs(product - (i == j ? 1.0 : 0.0)));
      }
    }
    const double unit = 30 * std::numeric_limits<double>::epsilon() * static_cast<double>(n);
    CHECK(residual <= unit * (n == 0 ? 1.0 : eigen->values.back()));
    CHECK(defect <= unit);
  }
}

TEST_CASE("a matrix that holds NaN or infinity has no eigendecomposition", "[eigen]") {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    Matrix<double> a(3, 3);
    a(2, 1) = bad;
    CHECK_FALSE(symmetric_eigen(a));
    CHECK(symmetric_eigen(a.view().transpose()));
  }
}
