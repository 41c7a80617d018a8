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

TEST_CASE("principal components are saved and loaded", "[gram]") {
  const FeatureMap<double> map(gram_spec(3, 8, GaussianKernel{}, TrigonometricFeatures{}));
  const Matrix<double> x = normal_matrix<double>(30, 3, 43);
  const KernelPrincipalComponents<double> components(map, x.view(), 4);
  const Archive archive = components.save();
  const auto loaded = KernelPrincipalComponents<double>::load(map, archive);
  REQUIRE(loaded.num_components() == 4);
  CHECK(loaded.total_variance() == components.total_variance());
  Matrix<double> scores(30, 4);
  Matrix<double> again(30, 4);
  components.transform(x.view(), scores.view());
  loaded.transform(x.view(), again.view());
  for (Index i = 0; i < 30; ++i) {
    for (Index c = 0; c < 4; ++c) CHECK(again(i, c) == scores(i, c));
  }
  for (std::size_t c = 0; c < 4; ++c) CHECK(loaded.variances()[c] == components.variances()[c]);

  // None at all is a state too.
  const KernelPrincipalComponents<double> none(map, Matrix<double>(6, 3).view(), 2);
  CHECK(KernelPrincipalComponents<double>::load(map, none.save()).num_components() == 0);
}

TEST_CASE("an archive that holds no such components is refused", "[gram]") {
  const FeatureMap<double> map(gram_spec(3, 8, GaussianKernel{}, TrigonometricFeatures{}));
  const Matrix<double> x = normal_matrix<double>(30, 3, 44);
  const Archive archive = KernelPrincipalComponents<double>(map, x.view(), 4).save();
  const auto load = [&](const auto& change) {
    Archive changed = archive;
    change(changed);
    return KernelPrincipalComponents<double>::load(map, changed);
  };
  const auto word = [&](const char* key, const char* value) {
    return load([&](Archive& changed) { changed.metadata.insert_or_assign(key, value); });
  };
  CHECK_NOTHROW(load([](Archive&) {}));
  CHECK_THROWS_WITH(load([](Archive& changed) { changed.metadata.clear(); }), Contains("kind"));
  CHECK_THROWS_WITH(word("kind", "model"), Contains("'kind' is 'model'"));
  CHECK_THROWS_WITH(word("scalar", "float"), Contains("'scalar' is 'float'"));
  CHECK_THROWS_WITH(word("num_components", "5"), Contains("directions"));
  CHECK_THROWS_WITH(word("total_variance", "-1"), Contains("negative"));
  CHECK_THROWS_WITH(load([](Archive& changed) { changed.arrays.erase("mean"); }), Contains("mean"));
  CHECK_THROWS_WITH(load([](Archive& changed) {
                      std::get<Matrix<double>>(changed.arrays.at("variances"))(0, 0) = 0.0;
                    }),
                    Contains("descending"));
  const FeatureMap<double> other(gram_spec(3, 9, GaussianKernel{}, TrigonometricFeatures{}));
  CHECK_THROWS_WITH(KernelPrincipalComponents<double>::load(other, archive), Contains("'map'"));
}
