// SPDX-License-Identifier: Apache-2.0
#include "unit/gram/problems.hpp"

#include <bochner/client/gram/clusters.hpp>
#include <bochner/client/gram/exact.hpp>
#include <bochner/client/gram/independence.hpp>
#include <bochner/client/gram/nystrom.hpp>
#include <bochner/client/gram/principal_components.hpp>
#include <bochner/client/gram/two_sample.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

// Rows that are close together beside the lengthscale: their features have nearly all in common,
// and what clients ask for is the rest.

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

FeatureMapSpec narrow_spec(const FeatureFunction& features = TrigonometricFeatures{}) {
  return gram_spec(3, 24, GaussianKernel{Isotropic{1.5}}, features);
}

/// The same rows in both scalars, a thousandth of a lengthscale apart.
template <class T>
Matrix<T> narrow_rows(Index n, std::uint64_t seed, double size = 1e-3) {
  const Matrix<float> x = normal_matrix<float>(n, 3, seed, size);
  Matrix<T> out(n, 3);
  for (Index i = 0; i < out.size(); ++i) out.data()[i] = static_cast<T>(x.data()[i]);
  return out;
}

}  // namespace

TEST_CASE("principal components of close rows keep their digits in float", "[gram]") {
  const KernelPrincipalComponents<double> wide(FeatureMap<double>(narrow_spec()),
                                               narrow_rows<double>(80, 5).view(), 3);
  const KernelPrincipalComponents<float> narrow(FeatureMap<float>(narrow_spec()),
                                                narrow_rows<float>(80, 5).view(), 3);
  REQUIRE(wide.num_components() == 3);
  REQUIRE(narrow.num_components() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(wide.variances()[k] < 1e-5);
    CHECK(narrow.variances()[k] == Approx(wide.variances()[k]).epsilon(1e-3));
  }
  Matrix<double> scores(80, 3);
  narrow.transform(narrow_rows<float>(80, 5).view(), scores.view());
  for (Index k = 0; k < 3; ++k) {
    double square = 0.0;
    for (Index i = 0; i < 80; ++i) square += scores(i, k) * scores(i, k);
    CHECK(square / 80.0 == Approx(wide.variances()[static_cast<std::size_t>(k)]).epsilon(1e-3));
  }
}

TEMPLATE_TEST_CASE("rows that are equal, or equal up to rounding, have no components", "[gram]",
                   float, double) {
  const FeatureMap<TestType> map(narrow_spec());
  Matrix<TestType> x(50, 3);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<TestType>(0.3);
  const KernelPrincipalComponents<TestType> equal(map, x.view(), 3);
  CHECK(equal.num_components() == 0);
  CHECK(equal.total_variance() == 0.0);
  for (Index i = 0; i < 50; i += 3) {
    x(i, 1) = std::nextafter(x(i, 1), TestType{1});
  }
  CHECK(KernelPrincipalComponents<TestType>(map, x.view(), 3).num_components() == 0);
}

TEST_CASE("close clusters are told apart in float", "[gram]") {
  Matrix<float> x = narrow_rows<float>(60, 7, 1e-5);
  Matrix<double> y(60, 3);
  for (Index i = 0; i < 60; ++i) {
    if (i % 3 == 0) x(i, 0) += 2e-3F;
    for (Index k = 0; k < 3; ++k) y(i, k) = static_cast<double>(x(i, k));
  }
  const GramApproximation<float> narrow(FeatureMap<float>(narrow_spec()), x.view());
  const GramApproximation<double> wide(FeatureMap<double>(narrow_spec()), y.view());
  const KernelClusters a = kernel_kmeans(narrow, {.clusters = 2});
  const KernelClusters b = kernel_kmeans(wide, {.clusters = 2});
  for (Index i = 0; i < 60; ++i) {
    const auto at = static_cast<std::size_t>(i);
    CHECK((a.labels[at] == a.labels[0]) == (i % 3 == 0));
    CHECK((b.labels[at] == b.labels[0]) == (i % 3 == 0));
  }
  CHECK(a.inertia == Approx(b.inertia).epsilon(0.02));
  CHECK(nearest_clusters<float>(narrow, a.centres.view()) == a.labels);
  Matrix<double> bad = a.centres;
  bad(3, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(nearest_clusters<float>(narrow, bad.view()),
                    Contains("centres: row 3, column 1 is nan"));
}

TEST_CASE("equal rows are one cluster without a distance", "[gram]") {
  Matrix<double> x(20, 3);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = 0.7;
  const GramApproximation<double> rows(FeatureMap<double>(narrow_spec()), x.view());
  CHECK(kernel_kmeans(rows, {.clusters = 3}).inertia == 0.0);
}

TEST_CASE("discrepancy and dependence of close rows keep their digits in float", "[gram]") {
  const auto x = narrow_rows<float>(90, 11);
  const auto y = narrow_rows<double>(90, 11);
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(PositiveFeatures{})}) {
    const FeatureMap<float> map(narrow_spec(features));
    const FeatureMap<double> wide_map(narrow_spec(features));
    const GramApproximation<float> narrow(map, x.view());
    const GramApproximation<float> again(map, x.view(), {.memory = 0});
    const GramApproximation<double> wide(wide_map, y.view());
    const KernelTestOptions options{.permutations = 20, .seed = {5}};
    const double statistic = two_sample_test(narrow, 40, options).statistic;
    const double exact = two_sample_test(wide, 40, options).statistic;
    CHECK(std::abs(exact) < 1e-6);
    CHECK(std::abs(statistic - exact) < 1e-2 * std::abs(exact));
    // The same bits whether features are kept or not.
    CHECK(two_sample_test(again, 40, options).statistic == statistic);

    const double dependence = independence_test(narrow, narrow, options).statistic;
    CHECK(dependence == Approx(independence_test(wide, wide, options).statistic).epsilon(1e-3));
    CHECK(independence_test(again, again, options).statistic == dependence);
  }
}

TEST_CASE("a Nystrom factor in float is as small or large as its kernel", "[gram]") {
  const Matrix<double> x = normal_matrix<double>(70, 3, 13);
  for (const double weight : {1e-90, 1.0, 1e90}) {
    const Kernel kernel = SumKernel{{{weight, {}, GaussianKernel{Isotropic{1.5}}}}};
    const ExactGram gram(kernel, x.view());
    const Nystrom<float> single = nystrom<float>(gram, {.rank = 70});
    const Nystrom<double> both = nystrom<double>(gram, {.rank = 70});
    INFO(weight);
    CHECK(relative(dense(single.gram.to_dense()), exact(kernel, x)) < 1e-5);
    CHECK(relative(dense(both.gram.to_dense()), exact(kernel, x)) < 1e-6);
  }
}
