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

TEST_CASE("scales of data are right at any size and place", "[data_scale]") {
  for (const double size : {1e-200, 1e-160, 1e155, 1e307}) {  // squares under- and overflow
    Matrix<double> line(4, 1);
    line(1, 0) = 1.0 * size;
    line(2, 0) = 3.0 * size;
    line(3, 0) = 7.0 * size;
    INFO(size);
    CHECK(median_lengthscale(line.view()) == Approx(4.0 * size));
    const auto least = line.view().middle_rows(0, 2);
    if (size > 1.0) {
      CHECK_THROWS_WITH(mean_square_sum(least, least), Contains("beyond the range of double"));
    }
    // (0 + 1 + 1 + 4) / 4
    if (size == 1e155)
      CHECK_THROWS_WITH(softmax_scale_for(least, least, 1.5e-12), Contains("range"));
    if (size == 1e-160) CHECK_THROWS_WITH(softmax_scale_for(least, least, 1.5), Contains("range"));
    if (size == 1e-160) {
      CHECK(softmax_scale_for(least, least, 1.5e-100) == Approx(1e220).epsilon(1e-12));
    }
  }
  Matrix<double> huge(2, 1);
  huge(0, 0) = -1.5e308;
  huge(1, 0) = 1.5e308;
  CHECK_THROWS_WITH(median_lengthscale(huge.view()), Contains("overflows"));

  // Means that cancel: |x + y|^2 of x = 1e8 + u, y = -1e8 + v.
  Matrix<double> x(2, 1);
  Matrix<double> y(2, 1);
  x(0, 0) = 1e8;
  x(1, 0) = 1e8 + 2.0;
  y(0, 0) = -1e8 + 1.0;
  y(1, 0) = -1e8 - 1.0;
  CHECK(mean_square_sum(x.view(), y.view()) == (1.0 + 1.0 + 9.0 + 1.0) / 4.0);

  Matrix<float> single(4, 1);
  single(1, 0) = 1.0F;
  single(2, 0) = 3.0F;
  single(3, 0) = 7.0F;
  CHECK(median_lengthscale(single.view()) == 4.0);
}

TEST_CASE("rows that are equal up to rounding are duplicates", "[data_scale]") {
  Matrix<double> x(9, 2);
  for (Index i = 0; i < 9; ++i) {
    x(i, 0) = i % 2 == 0 ? 0.3 : 0.1 + 0.2;  // 5e-17 apart
    x(i, 1) = 2.0;
  }
  CHECK_THROWS_WITH(median_lengthscale(x.view()), Contains("duplicates"));
  CHECK_THROWS_WITH(median_lengthscale(x.view().middle_cols(0, 0)), Contains("columns of x is 0"));
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
