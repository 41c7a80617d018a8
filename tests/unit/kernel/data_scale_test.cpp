// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/error.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/kernel/data_scale.hpp>
#include <bochner/random/stream.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

Matrix<double> normal_rows(Index rows, Index cols, std::uint64_t seed) {
  Matrix<double> x(rows, cols);
  Stream(Seed{seed}, Purpose::study).normals(0, {x.data(), static_cast<std::size_t>(x.size())});
  return x;
}

}  // namespace

TEST_CASE("the median lengthscale is the median pairwise distance", "[data_scale]") {
  Matrix<double> line(4, 1);  // distances 1, 2, 3, 4, 6, 7: the upper median is 4
  line(1, 0) = 1.0;
  line(2, 0) = 3.0;
  line(3, 0) = 7.0;
  CHECK(median_lengthscale(line.view()) == 4.0);

  // |x - y|^2 / 2 of normal rows in R^2 is exponential: its median is ln 2. Both the exact and the
  // sampled route.
  for (const Index rows : {Index{1500}, Index{5000}}) {
    const Matrix<double> x = normal_rows(rows, 2, 3);
    CHECK(median_lengthscale(x.view()) == Approx(std::sqrt(4.0 * std::log(2.0))).epsilon(0.03));
  }
}

TEST_CASE("mean_square_sum is the mean over all pairs", "[data_scale]") {
  const Matrix<double> x = normal_rows(7, 3, 1);
  const Matrix<double> y = normal_rows(5, 3, 2);
  double sum = 0.0;
  for (Index i = 0; i < 7; ++i) {
    for (Index j = 0; j < 5; ++j) {
      for (Index k = 0; k < 3; ++k) sum += std::pow(x(i, k) + y(j, k), 2);
    }
  }
  CHECK(mean_square_sum(x.view(), y.view()) == Approx(sum / 35.0));
  CHECK(softmax_scale_for(x.view(), y.view(), 0.5) == Approx(0.5 * 35.0 / sum));
}

TEST_CASE("data without a scale are refused", "[data_scale]") {
  Matrix<double> x(3, 2);
  CHECK_THROWS_WITH(median_lengthscale(x.view()), Contains("duplicates"));
  CHECK_THROWS_WITH(median_lengthscale(x.view().middle_rows(0, 1)), Contains("at least 2"));
  CHECK_THROWS_WITH(softmax_scale_for(x.view(), x.view(), 0.5), Contains("zero"));
  CHECK_THROWS_WITH(softmax_scale_for(x.view(), x.view(), 0.0), Contains("target is 0"));
  CHECK_THROWS_AS(mean_square_sum(x.view(), x.view().middle_cols(0, 1)), InvalidArgument);
  CHECK_THROWS_AS(mean_square_sum(x.view().middle_rows(0, 0), x.view()), InvalidArgument);
  x(1, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(median_lengthscale(x.view()), Contains("row 1, column 1"));
}
