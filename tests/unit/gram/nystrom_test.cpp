// SPDX-License-Identifier: Apache-2.0
#include "problems.hpp"

#include <bochner/client/gram/nystrom.hpp>
#include <bochner/core/error.hpp>

#include <catch2/catch.hpp>

#include <set>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

constexpr Pivoting kAll[] = {Pivoting::uniform, Pivoting::ridge_leverage,
                             Pivoting::randomly_pivoted};

/// One large cluster and many small ones: uniform columns waste themselves on the large one.
Matrix<double> clusters(Index rows) {
  Matrix<double> x = normal_matrix<double>(rows, 2, 1, 0.3);
  for (Index i = rows / 10 * 9; i < rows; ++i) {
    x(i, 0) += 5.0 * static_cast<double>(i % 20);
    x(i, 1) += 5.0 * static_cast<double>(i % 7 + 2);
  }
  return x;
}

}  // namespace

TEST_CASE("columns give the Nystrom approximation of their set", "[gram]") {
  const auto x = normal_matrix<double>(150, 3, 1);
  const Kernel kernel = GaussianKernel{Isotropic{1.5}};
  const Eigen::MatrixXd k = exact(kernel, x);
  const ExactGram gram(kernel, x);
  for (const Pivoting pivoting : kAll) {
    // Two blocks of columns.
    const Nystrom<double> result = nystrom<double>(gram, {90, pivoting, {5}});
    const std::vector<Index>& s = result.pivots;
    REQUIRE(s.size() == 90);
    CHECK(std::set<Index>(s.begin(), s.end()).size() == 90);
    Eigen::MatrixXd columns(150, 90), square(90, 90);
    for (Index j = 0; j < 90; ++j) {
      columns.col(j) = k.col(s[static_cast<std::size_t>(j)]);
      for (Index i = 0; i < 90; ++i) {
        square(i, j) = k(s[static_cast<std::size_t>(i)], s[static_cast<std::size_t>(j)]);
      }
    }
    const Eigen::MatrixXd expected = columns * square.fullPivLu().solve(columns.transpose());
    const Eigen::MatrixXd found = dense(result.gram.to_dense());
    CHECK(relative(found, expected) < 1e-7);
    CHECK(result.relative_trace_error == Approx((k - found).trace() / k.trace()).margin(1e-10));
    const Nystrom<double> again = nystrom<double>(gram, {90, pivoting, {5}}, Execution{3});
    CHECK(again.pivots == s);
    CHECK(dense(again.gram.to_dense()) == found);
    CHECK(relative(dense(nystrom<float>(gram, {90, pivoting, {5}}).gram.to_dense()), found) < 1e-5);
  }
}

TEST_CASE("duplicate rows are taken once", "[gram]") {
  Matrix<double> x = normal_matrix<double>(60, 2, 1);
  for (Index i = 20; i < 60; ++i) {
    for (Index k = 0; k < 2; ++k) x(i, k) = x(i % 20, k);
  }
  const Kernel kernel = GaussianKernel{Isotropic{0.2}};
  for (const Pivoting pivoting : kAll) {
    const Nystrom<double> result = nystrom<double>(ExactGram(kernel, x), {60, pivoting, {1}});
    CHECK(result.pivots.size() == 20);
    CHECK(result.relative_trace_error < 1e-12);
    CHECK(relative(dense(result.gram.to_dense()), exact(kernel, x)) < 1e-10);
  }
}

TEST_CASE("random pivots and leverage scores find small clusters", "[gram]") {
  const ExactGram gram(GaussianKernel{}, clusters(1000));
  double error[3] = {};
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (std::size_t p = 0; p < 3; ++p) {
      error[p] += nystrom<double>(gram, {80, kAll[p], {seed}}).relative_trace_error / 10.0;
    }
  }
  CHECK(error[2] < 0.5 * error[0]);
  CHECK(error[1] < 0.8 * error[0]);
}

TEST_CASE("thinned proposals have the law of one pivot at a time", "[gram]") {
  // Three rows, of which 0 and 1 are close: P(first two pivots are {0, 1}) by hand.
  Matrix<double> x(3, 1);
  x(1, 0) = 0.8;
  x(2, 0) = 3.0;
  const Kernel kernel = GaussianKernel{};
  const Eigen::MatrixXd k = exact(kernel, x);
  const auto pair = [&](Index first, Index second) {
    const auto rest = [&](Index i) { return 1.0 - k(i, first) * k(i, first); };
    return rest(second) / (rest(0) + rest(1) + rest(2)) / 3.0;
  };
  const double expected = pair(0, 1) + pair(1, 0);
  constexpr int kDraws = 20'000;
  int seen = 0;
  for (std::uint64_t seed = 0; seed < kDraws; ++seed) {
    const auto s = nystrom<double>(ExactGram(kernel, x), {2, Pivoting::randomly_pivoted, {seed}});
    seen += s.pivots[0] != 2 && s.pivots[1] != 2 ? 1 : 0;
  }
  const double sigma = std::sqrt(expected * (1.0 - expected) / kDraws);
  CHECK(std::abs(seen / double{kDraws} - expected) < 5.5 * sigma);
  // Uniform pairs, the wrong law, would be seen.
  CHECK(std::abs(1.0 / 3.0 - expected) > 11.0 * sigma);
}

TEST_CASE("columns that cannot be are refused", "[gram]") {
  const auto x = normal_matrix<double>(5, 2, 1);
  const ExactGram gram(GaussianKernel{}, x);
  CHECK_THROWS_WITH(nystrom<double>(gram, {}), Contains("rank is 0, expected 1 to"));
  CHECK_THROWS_WITH(nystrom<double>(gram, {.rank = 6}), Contains("rank is 6"));
}
