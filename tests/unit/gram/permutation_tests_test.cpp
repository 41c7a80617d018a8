// SPDX-License-Identifier: Apache-2.0
#include "unit/gram/problems.hpp"

#include <bochner/client/gram/independence.hpp>
#include <bochner/client/gram/two_sample.hpp>

#include <catch2/catch.hpp>

#include <limits>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

FeatureMap<double> map_of(Index dim, const FeatureFunction& features = TrigonometricFeatures{}) {
  return FeatureMap<double>(gram_spec(dim, 15, GaussianKernel{Isotropic{1.2}}, features));
}

double discrepancy(const Eigen::MatrixXd& k, Index n) {
  const Index l = k.rows() - n;
  const auto off = [](const Eigen::MatrixXd& block) { return block.sum() - block.trace(); };
  return off(k.topLeftCorner(n, n)) / static_cast<double>(n * (n - 1)) +
         off(k.bottomRightCorner(l, l)) / static_cast<double>(l * (l - 1)) -
         2.0 * k.topRightCorner(n, l).sum() / static_cast<double>(n * l);
}

}  // namespace

TEST_CASE("the two-sample statistic is that of the matrix", "[gram]") {
  const Matrix<double> x = normal_matrix<double>(13, 3, 61);
  const Matrix<double> y = normal_matrix<double>(20, 3, 62);
  Matrix<double> pooled(33, 3);
  for (Index i = 0; i < 33; ++i) {
    for (Index k = 0; k < 3; ++k) pooled(i, k) = i < 13 ? x(i, k) : y(i - 13, k);
  }
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(PositiveFeatures{})}) {
    const FeatureMap<double> map = map_of(3, features);
    const KernelTest found =
        two_sample_test<double>(map, x.view(), y.view(), {.permutations = 99, .seed = {4}});
    CHECK(found.statistic ==
          Approx(discrepancy(approximate<double>(map, pooled), 13)).epsilon(1e-9).margin(1e-12));
    REQUIRE(found.permuted.size() == 99);
    Index as_large = 1;
    double mean = 0.0;
    for (const double value : found.permuted) {
      as_large += value >= found.statistic;
      mean += value / 99.0;
    }
    CHECK(found.p_value == static_cast<double>(as_large) / 100.0);
    // Permutations are permutations: the statistic's mean over all of them is zero.
    double square = 0.0;
    for (const double value : found.permuted) square += (value - mean) * (value - mean) / 98.0;
    CHECK(std::abs(mean) < 6.0 * std::sqrt(square / 99.0));
    const KernelTest threaded = two_sample_test<double>(
        map, x.view(), y.view(), {.permutations = 99, .seed = {4}}, Execution{.num_threads = 3});
    CHECK(threaded.permuted == found.permuted);
  }
  const ExactGram exact(GaussianKernel{Isotropic{1.2}}, pooled.view());
  const KernelTest by_exact = two_sample_test(exact, 13, {.permutations = 9});
  CHECK(by_exact.statistic ==
        Approx(discrepancy(bochner::testing::exact(GaussianKernel{Isotropic{1.2}}, pooled), 13))
            .epsilon(1e-9)
            .margin(1e-12));
}

TEST_CASE("the independence statistic is that of the centred matrices", "[gram]") {
  const Matrix<double> x = normal_matrix<double>(25, 3, 63);
  const Matrix<double> y = normal_matrix<double>(25, 2, 64);
  const FeatureMap<double> map_x = map_of(3, PositiveFeatures{});
  const FeatureMap<double> map_y = map_of(2);
  const KernelTest found = independence_test<double>({map_x, x.view()}, {map_y, y.view()},
                                                     {.permutations = 39, .seed = {4}});
  const Eigen::MatrixXd h =
      Eigen::MatrixXd::Identity(25, 25) - Eigen::MatrixXd::Constant(25, 25, 1.0 / 25.0);
  const Eigen::MatrixXd k = approximate<double>(map_x, x);
  const Eigen::MatrixXd l = approximate<double>(map_y, y);
  CHECK(found.statistic == Approx((k * h * l * h).trace() / 625.0).epsilon(1e-9));
  Index as_large = 1;
  for (const double value : found.permuted) as_large += value >= found.statistic;
  CHECK(found.p_value == static_cast<double>(as_large) / 40.0);
}

TEST_CASE("equal values count as equal, and bad input is refused", "[gram]") {
  // Equal rows: every assignment has the same statistic, and nothing speaks against one law.
  const FeatureMap<double> map = map_of(2);
  const Matrix<double> same(12, 2);
  CHECK(two_sample_test<double>(map, same.view(), same.view(), {.permutations = 20}).p_value ==
        1.0);
  CHECK(independence_test<double>({map, same.view()}, {map, same.view()}, {.permutations = 20})
            .p_value == 1.0);
  const GramApproximation<double> gram(map, same.view());
  CHECK_THROWS_WITH(two_sample_test(gram, 1), Contains("rows of the first sample is 1"));
  CHECK_THROWS_WITH(two_sample_test(gram, 11), Contains("rows of the second sample is 1"));
  CHECK_THROWS_WITH(two_sample_test(gram, 6, {.permutations = 0}), Contains("permutations is 0"));
  CHECK_THROWS_AS(two_sample_test<double>(map, same.view(), Matrix<double>(5, 3).view()),
                  InvalidArgument);
  CHECK_THROWS_WITH(
      independence_test(gram, GramApproximation<double>(map, Matrix<double>(5, 2).view())),
      Contains("y has 5 rows, expected 12"));
  CHECK_THROWS_WITH(independence_test(gram, gram, {.permutations = 0}),
                    Contains("permutations is 0"));
  Matrix<double> bad(5, 2);
  bad(3, 1) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(two_sample_test<double>(map, same.view(), std::as_const(bad).view()),
                  InvalidArgument);
}
