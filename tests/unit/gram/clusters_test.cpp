// SPDX-License-Identifier: Apache-2.0
#include "unit/gram/problems.hpp"

#include <bochner/client/gram/clusters.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <set>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

/// Rows in `groups` heaps far from each other, one after the other.
Matrix<double> heaps(Index rows, Index groups, std::uint64_t seed) {
  Matrix<double> x = normal_matrix<double>(rows, 2, seed, 0.2);
  for (Index i = 0; i < rows; ++i) x(i, 0) += 4.0 * static_cast<double>(i % groups);
  return x;
}

GramApproximation<double> gram_of(const Matrix<double>& x, Index frequencies = 60) {
  return {FeatureMap<double>(gram_spec(x.cols(), frequencies, GaussianKernel{Isotropic{1.0}},
                                       TrigonometricFeatures{})),
          x.view()};
}

}  // namespace

TEST_CASE("k-means finds heaps, and its inertia is that of the Gram matrix", "[gram]") {
  const Matrix<double> x = heaps(90, 3, 51);
  const GramApproximation<double> gram = gram_of(x);
  const KernelClusters found = kernel_kmeans(gram, {.clusters = 3, .seed = {2}});
  CHECK(found.converged);
  for (Index i = 0; i < 90; ++i) {
    CHECK(found.labels[static_cast<std::size_t>(i)] ==
          found.labels[static_cast<std::size_t>(i % 3)]);
  }
  CHECK(std::set<Index>(found.labels.begin(), found.labels.end()).size() == 3);
  // |phi_i - mean|^2 over a cluster is the trace less the mean entry of its block.
  const Eigen::MatrixXd k = dense(gram.to_dense());
  double inertia = k.trace();
  for (Index c = 0; c < 3; ++c) {
    double block = 0.0;
    for (Index i = c; i < 90; i += 3) {
      for (Index j = c; j < 90; j += 3) block += k(i, j) / 30.0;
    }
    inertia -= block;
  }
  CHECK(found.inertia == Approx(inertia).epsilon(1e-9));
  // Rows that were not there go to the heap they lie in.
  const Matrix<double> fresh = heaps(30, 3, 52);
  const std::vector<Index> nearest = nearest_clusters(gram_of(fresh), found.centres.view());
  for (std::size_t i = 0; i < 30; ++i) CHECK(nearest[i] == found.labels[i % 3]);
  // A rerun, with other threads, is the same.
  const KernelClusters again =
      kernel_kmeans(gram, {.clusters = 3, .seed = {2}}, Execution{.num_threads = 3});
  CHECK(again.labels == found.labels);
  CHECK(again.inertia == found.inertia);
}

TEST_CASE("k-means on rings, where plain k-means fails", "[gram]") {
  // Two rings: in the plane no two centres part them, in feature space a short lengthscale does.
  Matrix<double> x(120, 2);
  for (Index i = 0; i < 120; ++i) {
    const double radius = i % 2 == 0 ? 0.3 : 4.0;
    x(i, 0) = radius * std::cos(static_cast<double>(i));
    x(i, 1) = radius * std::sin(static_cast<double>(i));
  }
  const KernelClusters found = kernel_kmeans(gram_of(x, 200), {.clusters = 2, .seed = {1}});
  Index wrong = 0;
  for (std::size_t i = 0; i < 120; ++i) wrong += found.labels[i] != found.labels[i % 2];
  CHECK(wrong == 0);
}

TEST_CASE("k-means of odd data", "[gram]") {
  const Matrix<double> x = heaps(8, 2, 53);
  const GramApproximation<double> gram = gram_of(x);
  const KernelClusters all = kernel_kmeans(gram, {.clusters = 8});
  CHECK(all.inertia < 1e-12);
  CHECK(std::set<Index>(all.labels.begin(), all.labels.end()).size() == 8);
  const KernelClusters one = kernel_kmeans(gram, {.clusters = 1});
  CHECK(one.labels == std::vector<Index>(8));
  // Equal rows fill any number of clusters, each with a row.
  const KernelClusters same = kernel_kmeans(gram_of(Matrix<double>(5, 2)), {.clusters = 3});
  CHECK(std::set<Index>(same.labels.begin(), same.labels.end()).size() == 3);
  CHECK(same.inertia < 1e-12);
  CHECK_THROWS_WITH(kernel_kmeans(gram, {.clusters = 0}), Contains("clusters is 0"));
  CHECK_THROWS_WITH(kernel_kmeans(gram, {.clusters = 9}),
                    Contains("clusters is 9, expected 1 to 8"));
  CHECK_THROWS_WITH(kernel_kmeans(gram, {.restarts = 0}), Contains("restarts is 0"));
  CHECK_THROWS_WITH(kernel_kmeans(gram, {.max_iterations = 0}), Contains("max_iterations is 0"));
  CHECK_THROWS_WITH(nearest_clusters(gram, Matrix<double>(3, 2).view()),
                    Contains("centres is 3 x 2"));
}
