// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/matrix.hpp>
#include <bochner/estimator/optimal_parameter.hpp>

#include <catch2/catch.hpp>

using namespace bochner;

TEST_CASE("the optimal radius sees every phase of rows that come with a period", "[estimator]") {
  // One row of ten is short: a stride of ten rows would see these alone.
  const auto rows_of = [](Index count) {
    Matrix<double> x(count, 3);
    for (Index i = 0; i < count; ++i) {
      for (Index k = 0; k < 3; ++k) {
        x(i, k) = (i % 10 == 0 ? 0.05 : 1.0) * (1.0 + 0.1 * static_cast<double>(k));
      }
    }
    return x;
  };
  const Matrix<double> period = rows_of(10);
  const Matrix<double> many = rows_of(640);
  const Kernel kernel = SoftmaxKernel{1.0};
  const double expected =
      optimal_maclaurin_radius(kernel, ExactTerms::none, period.view(), period.view());
  CHECK(optimal_maclaurin_radius(kernel, ExactTerms::none, many.view(), many.view()) ==
        Approx(expected).epsilon(0.05));
}
