// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/error.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/kernel/data_scale.hpp>
#include <bochner/random/stream.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <variant>
#include <vector>

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

namespace {

/// Each row as often as its weight says.
template <Scalar T>
Matrix<T> repeated(const Matrix<T>& x, const std::vector<double>& copies) {
  Index rows = 0;
  for (const double count : copies) rows += static_cast<Index>(count);
  Matrix<T> out(rows, x.cols());
  Index to = 0;
  for (Index i = 0; i < x.rows(); ++i) {
    for (double c = 0.0; c < copies[static_cast<std::size_t>(i)]; ++c, ++to) {
      for (Index k = 0; k < x.cols(); ++k) out(to, k) = x(i, k);
    }
  }
  return out;
}

/// 0 to 3, larger for longer rows, so that they matter.
std::vector<double> whole_weights(const Matrix<double>& x) {
  std::vector<double> out;
  for (Index i = 0; i < x.rows(); ++i) {
    out.push_back(std::min(3.0, std::floor(2.0 * std::hypot(x(i, 0), x(i, 1)))));
  }
  return out;
}

}  // namespace

TEST_CASE("whole weights say the same as repeated rows", "[data_scale]") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const Matrix<double> x = normal_rows(20 + static_cast<Index>(seed), 3, seed);
    const std::vector<double> weights = whole_weights(x);
    INFO(seed);
    CHECK(median_lengthscale(x.view(), weights) == median_lengthscale(repeated(x, weights).view()));
    Matrix<float> single(x.rows(), x.cols());
    for (Index e = 0; e < x.size(); ++e) single.data()[e] = static_cast<float>(x.data()[e]);
    CHECK(median_lengthscale(single.view(), weights) ==
          median_lengthscale(repeated(single, weights).view()));
    const Kernel softmax = SoftmaxKernel{};
    const ScaleRule rule = MeanSquareSumScale{0.5};
    CHECK(
        std::get<SoftmaxKernel>(with_scale(softmax, rule, x.view(), weights)).scale ==
        Approx(
            std::get<SoftmaxKernel>(with_scale(softmax, rule, repeated(x, weights).view())).scale));
    CHECK(with_scale(GaussianKernel{}, MedianScale{}, x.view(), weights) ==
          Kernel(GaussianKernel{Isotropic{median_lengthscale(x.view(), weights)}}));
  }
  // Beyond 2,048 rows pairs are drawn: 2^21 of them, independent, whose median m has the standard
  // deviation 2^-11.5 / f(m), f the density of distances, here m / 2 exp(-m^2 / 4) or nearly so.
  const Matrix<double> x = normal_rows(6000, 2, 7);
  const std::vector<double> weights = whole_weights(x);
  const double expected = median_lengthscale(repeated(x, weights).view());
  const double deviation =
      std::sqrt(2.0) * std::exp2(-11.5) / (0.5 * expected * std::exp(-0.25 * expected * expected));
  CHECK(std::abs(median_lengthscale(x.view(), weights) - expected) < 4.9 * deviation);
  CHECK(std::abs(median_lengthscale(x.view()) - expected) > 10.0 * deviation);
}

TEST_CASE("a row of weight 0 is left out, and weights of 1 say nothing", "[data_scale]") {
  for (const Index rows : {Index{60}, Index{4000}}) {
    const Matrix<double> x = normal_rows(rows, 2, 8);
    std::vector<double> weights(static_cast<std::size_t>(rows), 1.0);
    CHECK(median_lengthscale(x.view(), weights) == median_lengthscale(x.view()));
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 0.25 * static_cast<double>(i % 4);
    std::vector<double> kept;
    Matrix<double> others(rows - rows / 4, 2);
    for (Index i = 0; i < rows; ++i) {
      if (i % 4 == 0) continue;
      for (Index k = 0; k < 2; ++k) others(static_cast<Index>(kept.size()), k) = x(i, k);
      kept.push_back(weights[static_cast<std::size_t>(i)]);
    }
    INFO(rows);
    CHECK(median_lengthscale(x.view(), weights) == median_lengthscale(others.view(), kept));
    // Below 1 there are no copies, and the size of the weights does not matter.
    for (double& weight : kept) weight *= 0x1p-1000;
    CHECK(median_lengthscale(x.view(), weights) == median_lengthscale(others.view(), kept));
  }
}

TEST_CASE("weights that make another law of rows have the median of that law", "[data_scale]") {
  // Weights exp(-|x|^2 (1 / s^2 - 1) / 2) make normal rows of deviation s of standard ones, whose
  // median distance in the plane is s sqrt(4 ln 2). The effective number of rows, W^2 / sum w^2, is
  // n s^4 (2 / s^2 - 1) = 0.74 n at s = 0.7; by all pairs and by drawn ones.
  constexpr double kDeviation = 0.7;
  for (const Index rows : {Index{2000}, Index{8000}}) {
    const Matrix<double> x = normal_rows(rows, 2, 9);
    std::vector<double> weights;
    for (Index i = 0; i < rows; ++i) {
      const double square = x(i, 0) * x(i, 0) + x(i, 1) * x(i, 1);
      weights.push_back(std::exp(-0.5 * square * (1.0 / (kDeviation * kDeviation) - 1.0)));
    }
    const double standard = std::sqrt(4.0 * std::log(2.0));
    CHECK(median_lengthscale(x.view(), weights) == Approx(kDeviation * standard).epsilon(0.05));
    CHECK(median_lengthscale(x.view()) == Approx(standard).epsilon(0.05));
  }
}

TEST_CASE("weights of rows are checked", "[data_scale]") {
  const Matrix<double> x = normal_rows(3, 2, 1);
  const auto median = [&](const std::vector<double>& weights) {
    return median_lengthscale(x.view(), weights);
  };
  CHECK_THROWS_WITH(median({1.0, 2.0}), Contains("weights has 2 entries, expected 3"));
  CHECK_THROWS_WITH(median({1.0, -2.0, 1.0}),
                    Contains("weights[1] is -2, expected a finite number, not negative"));
  CHECK_THROWS_WITH(median({1.0, 1.0, std::nan("")}), Contains("weights[2] is nan"));
  CHECK_THROWS_WITH(median({0.0, 0.0, 0.0}), Contains("sum of the weights is 0"));
  CHECK_THROWS_WITH(median({0.0, 2.0, 0.0}),
                    Contains("number of rows of positive weight is 1, expected at least 2"));
  CHECK_THROWS_WITH(median({1e308, 1e308, 0.0}), Contains("sum of the weights is inf"));
  CHECK_THROWS_WITH(median({1.0, 30.0, 1.0}), Contains("duplicates"));
  CHECK_THROWS_WITH(with_scale(GaussianKernel{}, MedianScale{}, x.view(), std::vector<double>{1.0}),
                    Contains("with_scale: weights has 1 entries"));
}
