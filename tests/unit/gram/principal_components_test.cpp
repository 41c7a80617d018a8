// SPDX-License-Identifier: Apache-2.0
#include "unit/gram/problems.hpp"

#include <bochner/client/gram/principal_components.hpp>

#include <catch2/catch.hpp>

#include <limits>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

TEST_CASE("principal components are eigenvectors of the centred Gram matrix", "[gram]") {
  const Matrix<double> x = normal_matrix<double>(70, 3, 41);
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(PositiveFeatures{})}) {
    const FeatureMap<double> map(gram_spec(3, 20, GaussianKernel{Isotropic{1.5}}, features));
    const KernelPrincipalComponents<double> components(map, x.view(), 5);
    REQUIRE(components.num_components() == 5);
    // H K^ H, dense.
    const Eigen::MatrixXd h =
        Eigen::MatrixXd::Identity(70, 70) - Eigen::MatrixXd::Constant(70, 70, 1.0 / 70.0);
    const Eigen::MatrixXd k = h * approximate<double>(map, x) * h;
    CHECK(components.total_variance() == Approx(k.trace() / 70.0).epsilon(1e-10));
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(k);
    Matrix<double> scores(70, 5);
    components.transform(x.view(), scores.view());
    for (Index c = 0; c < 5; ++c) {
      const double value = solver.eigenvalues()(69 - c);
      CHECK(components.variances()[static_cast<std::size_t>(c)] ==
            Approx(value / 70.0).epsilon(1e-9));
      const Eigen::VectorXd s = dense(scores).col(c);
      CHECK(std::abs(s.sum()) < 1e-10);
      CHECK((k * s - value * s).norm() < 1e-9 * value * s.norm());
      CHECK(s.squaredNorm() == Approx(value).epsilon(1e-9));
    }
    // A row by itself has the scores it had among others.
    Matrix<double> one(1, 5);
    components.transform(x.view().middle_rows(17, 1), one.view());
    for (Index c = 0; c < 5; ++c) CHECK(one(0, c) == Approx(scores(17, c)).margin(1e-12));
  }
}

TEST_CASE("principal components of odd data", "[gram]") {
  const FeatureMap<double> map(
      gram_spec(3, 8, GaussianKernel{Isotropic{1.5}}, TrigonometricFeatures{}));
  const Matrix<double> x = normal_matrix<double>(6, 3, 42);
  // Six rows have five directions.
  CHECK(KernelPrincipalComponents<double>(map, x.view(), 16).num_components() == 5);
  // Equal rows have none.
  const Matrix<double> same(6, 3);
  const KernelPrincipalComponents<double> none(map, same.view(), 2);
  CHECK(none.num_components() == 0);
  Matrix<double> empty(6, 0);
  none.transform(same.view(), empty.view());
  const auto make = [&](const Matrix<double>& rows, Index count) {
    return KernelPrincipalComponents<double>(map, rows.view(), count);
  };
  CHECK_THROWS_WITH(make(x, 0), Contains("count is 0, expected at least 1"));
  CHECK_THROWS_WITH(make(Matrix<double>(1, 3), 1), Contains("rows of x is 1, expected at least 2"));
  CHECK_THROWS_WITH(make(Matrix<double>(6, 2), 1), Contains("2"));
  Matrix<double> bad = x;
  bad(4, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(make(bad, 1), InvalidArgument);
  Matrix<double> narrow(6, 1);
  CHECK_THROWS_WITH(make(x, 2).transform(x.view(), narrow.view()), Contains("out is 6 x 1"));
}
