// SPDX-License-Identifier: Apache-2.0
#include "unit/gram/problems.hpp"

#include <bochner/client/gram.hpp>

#include <Eigen/Dense>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

constexpr Index kRows = 30;
constexpr Index kFrequencies = 24;

Matrix<double> normal_rows(Index rows, Index cols, std::uint64_t seed, double shift = 0.0) {
  Matrix<double> x(rows, cols);
  Stream({seed}, Purpose::study).normals(0, {x.data(), static_cast<std::size_t>(x.size())});
  for (Index k = 0; k < x.size(); ++k) x.data()[k] += shift;
  return x;
}

FeatureMap<double> drawn(std::uint64_t seed = 1) {
  return FeatureMap<double>({.input_dim = 2,
                             .num_frequencies = kFrequencies,
                             .projection = OrthogonalProjection{},
                             .seed = {seed}});
}

/// Features, each column times the root of its frequency's weight.
Eigen::MatrixXd weighted_features(const FeatureMap<double>& map, const Matrix<double>& x,
                                  std::span<const double> weights) {
  const Matrix<double> phi = features(map, x);
  Eigen::MatrixXd out(phi.rows(), phi.cols());
  for (Index i = 0; i < phi.rows(); ++i) {
    for (Index j = 0; j < phi.cols(); ++j) {
      out(i, j) = std::sqrt(weights[static_cast<std::size_t>(j % kFrequencies)]) * phi(i, j);
    }
  }
  return out;
}

Eigen::MatrixXd centred(const Eigen::MatrixXd& phi) { return phi.rowwise() - phi.colwise().mean(); }

std::vector<double> descending(const Eigen::MatrixXd& symmetric, Index count) {
  const Eigen::VectorXd values =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(symmetric).eigenvalues();
  std::vector<double> out;
  for (Index k = 0; k < count; ++k) out.push_back(values(values.size() - 1 - k));
  return out;
}

void require_same(const FeatureErrors& found, const FeatureErrors& expected) {
  REQUIRE(found.value.size() == expected.value.size());
  for (std::size_t k = 0; k < found.value.size(); ++k) {
    const double unit = std::abs(expected.value[k]) + expected.standard_error[k];
    CHECK(std::abs(found.value[k] - expected.value[k]) < 1e-10 * unit);
    CHECK(std::abs(found.standard_error[k] - expected.standard_error[k]) < 1e-9 * unit);
    CHECK(std::abs(found.bias[k] - expected.bias[k]) < 1e-9 * unit);
    CHECK(found.degrees_of_freedom[k] == Approx(expected.degrees_of_freedom[k]));
  }
}

}  // namespace

TEST_CASE("the error of MMD^2 is that of its definition", "[gram]") {
  const FeatureMap<double> map = drawn();
  const Matrix<double> x = normal_rows(kRows, 2, 1);
  const Matrix<double> y = normal_rows(20, 2, 2, 0.5);
  const auto discrepancy = [&](std::span<const double> weights) {
    const Eigen::MatrixXd a = weighted_features(map, x, weights);
    const Eigen::MatrixXd b = weighted_features(map, y, weights);
    const double n = kRows, l = 20.0;
    const double within_a = a.colwise().sum().squaredNorm() - a.squaredNorm();
    const double within_b = b.colwise().sum().squaredNorm() - b.squaredNorm();
    const double between = a.colwise().sum().dot(b.colwise().sum());
    return std::vector{within_a / (n * (n - 1.0)) + within_b / (l * (l - 1.0)) -
                       2.0 * between / (n * l)};
  };
  const FeatureErrors found = two_sample_error<double>(map, x.view(), y.view());
  require_same(found, feature_error(map.spec(), discrepancy));
  CHECK(std::abs(found.bias[0]) < 1e-13);
  CHECK(std::abs(found.value[0] -
                 two_sample_test<double>(map, x.view(), y.view(), {.permutations = 1}).statistic) <
        1e-12);
}

TEST_CASE("the error of HSIC is that of its definition", "[gram]") {
  const Matrix<double> x = normal_rows(kRows, 2, 3);
  Matrix<double> y = normal_rows(kRows, 2, 4);
  for (Index k = 0; k < y.size(); ++k) y.data()[k] += x.data()[k];
  for (const std::uint64_t seed : {1, 2}) {
    const FeatureMap<double> of_x = drawn(1), of_y = drawn(seed);
    const auto criterion = [&](std::span<const double> a, std::span<const double> b) {
      const Eigen::MatrixXd c = centred(weighted_features(of_x, x, a)).transpose() *
                                centred(weighted_features(of_y, y, b)) / double{kRows};
      return std::vector{c.squaredNorm()};
    };
    const FeatureErrors found = independence_error<double>(of_x, x.view(), of_y, y.view());
    require_same(found, feature_error(of_x.spec(), of_y.spec(), criterion));
    const GramApproximation<double> k(of_x, x.view()), l(of_y, y.view());
    CHECK(found.value[0] == Approx(independence_test(k, l, {.permutations = 1}).statistic));
  }
}

TEST_CASE("errors of eigenvalues and of components are those of their definitions", "[gram]") {
  const FeatureMap<double> map = drawn();
  const Matrix<double> x = normal_rows(kRows, 2, 5);
  constexpr Index kCount = 4;
  require_same(eigenvalue_error<double>(map, x.view(), kCount),
               feature_error(map.spec(), [&](std::span<const double> weights) {
                 const Eigen::MatrixXd phi = weighted_features(map, x, weights);
                 return descending(phi * phi.transpose(), kCount);
               }));
  const FeatureErrors found = principal_component_error<double>(map, x.view(), kCount);
  require_same(found, feature_error(map.spec(), [&](std::span<const double> weights) {
                 const Eigen::MatrixXd phi = centred(weighted_features(map, x, weights));
                 const Eigen::MatrixXd covariance = phi.transpose() * phi / double{kRows};
                 std::vector<double> out = descending(covariance, kCount);
                 for (Index k = 0; k < kCount; ++k) {
                   out.push_back(out[static_cast<std::size_t>(k)] / covariance.trace());
                 }
                 return out;
               }));
  const KernelPrincipalComponents<double> components(map, x.view(), kCount);
  CHECK(found.value[0] == Approx(components.variances()[0]));
  CHECK(found.value[kCount] == Approx(components.variances()[0] / components.total_variance()));
}

TEST_CASE("results that do not exist have no error", "[gram][bad]") {
  const FeatureMap<double> map = drawn();
  const Matrix<double> x = normal_rows(kRows, 2, 6);
  const Matrix<double> one = normal_rows(1, 2, 7), wide = normal_rows(kRows, 3, 8);
  const Matrix<double> alike(kRows, 2);
  CHECK_THROWS_WITH((two_sample_error<double>(map, x.view(), one.view())),
                    Contains("two_sample_error") && Contains("rows of y is 1"));
  CHECK_THROWS_WITH((two_sample_error<double>(map, wide.view(), x.view())),
                    Contains("x is 30 x 3"));
  CHECK_THROWS_WITH((independence_error<double>(map, x.view(), map, one.view())),
                    Contains("y is 1 x 2"));
  CHECK_THROWS_WITH((eigenvalue_error<double>(map, x.view(), 31)), Contains("count is 31"));
  CHECK_THROWS_WITH((eigenvalue_error<double>(map, x.view(), 0)), Contains("count is 0"));
  CHECK_THROWS_WITH((principal_component_error<double>(map, alike.view(), 1)),
                    Contains("the rows are all alike"));
}
