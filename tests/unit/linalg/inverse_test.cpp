// SPDX-License-Identifier: Apache-2.0
#include "linalg/inverse.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <bochner/random/stream.hpp>
#include <cmath>
#include <limits>

using bochner::Index;
using bochner::Matrix;
using bochner::linalg::inverse;

TEST_CASE("A A^-1 = 1, whatever the order of the rows and the strides", "[inverse]") {
  for (const Index n : {1, 2, 5, 33}) {
    Matrix<double> a(n, n);
    const bochner::Stream stream({4}, bochner::Purpose::study);
    stream.normals(0, {a.data(), static_cast<std::size_t>(a.size())});
    a(0, 0) = 0.0;  // the first pivot is elsewhere
    if (n == 1) a(0, 0) = -3.0;
    for (const auto& view : {a.view(), a.view().transpose()}) {
      const auto [matrix, condition] = inverse(view);
      double defect = 0.0;
      for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < n; ++j) {
          double sum = 0.0;
          for (Index k = 0; k < n; ++k) sum += view(i, k) * matrix(k, j);
          defect = std::max(defect, std::abs(sum - (i == j ? 1.0 : 0.0)));
        }
      }
      const double epsilon = std::numeric_limits<double>::epsilon();
      CHECK(defect <= 4.0 * static_cast<double>(n) * epsilon * condition);
      CHECK(condition >= 1.0);
    }
  }
}

TEST_CASE("the condition number says that there is no inverse", "[inverse]") {
  Matrix<double> a(2, 2);
  CHECK(std::isinf(inverse(a).condition));
  a(0, 0) = a(0, 1) = a(1, 0) = a(1, 1) = 1.0;
  CHECK(std::isinf(inverse(a).condition));
  a(1, 1) = 1.0 + 1e-10;
  CHECK(inverse(a).condition == Approx(4e10).epsilon(0.01));
  a(1, 1) = std::nan("");
  CHECK(std::isinf(inverse(a).condition));
  Matrix<double> small(2, 2);  // of any size
  small(0, 0) = small(1, 1) = 1e-200;
  CHECK(inverse(small).condition == Approx(1.0));
}
