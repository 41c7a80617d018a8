// SPDX-License-Identifier: Apache-2.0
#include "linalg/band_reduction.hpp"

#include "unit/linalg/matrices.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <vector>

using namespace bochner;

namespace {

constexpr double kThreshold = 30.0;
constexpr double kEps = std::numeric_limits<double>::epsilon();

Eigen::MatrixXd full(const Matrix<double>& a) {
  Eigen::MatrixXd out(a.rows(), a.rows());
  for (Index i = 0; i < a.rows(); ++i) {
    for (Index j = 0; j < a.rows(); ++j) out(i, j) = symmetric(a, i, j);
  }
  return out;
}

Eigen::MatrixXd full(const linalg::SymmetricBand& b) {
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(b.size(), b.size());
  for (Index i = 0; i < b.size(); ++i) {
    for (Index j = std::max<Index>(0, i - b.width()); j <= i; ++j) out(i, j) = out(j, i) = b(i, j);
  }
  return out;
}

}  // namespace

TEST_CASE("Q B Q^T is the matrix and Q is orthogonal", "[linalg]") {
  for (const Index n : {1, 2, 63, 64, 65, 66, 130, 256, 300, 400}) {
    const Matrix<double> a = positive_definite(n, 0.0, 11);
    const linalg::BandReduction reduction(a, n);
    Matrix<double> q(n, simd::padded<double>(n));
    for (Index i = 0; i < n; ++i) q(i, i) = 1.0;
    Matrix<double> identity = q;
    reduction.apply(q.view().middle_cols(0, n));
    const Eigen::Map<Eigen::Matrix<double, -1, -1, Eigen::RowMajor>, 0, Eigen::OuterStride<>> map(
        q.data(), n, n, Eigen::OuterStride<>(q.cols()));
    const Eigen::MatrixXd dense = full(a);
    const double size = static_cast<double>(n) * kEps;
    const Eigen::MatrixXd residual = map * full(reduction.band()) * map.transpose() - dense;
    CHECK(residual.cwiseAbs().maxCoeff() / (size * dense.cwiseAbs().maxCoeff()) < kThreshold);
    const Eigen::MatrixXd gram = map * map.transpose() - Eigen::MatrixXd::Identity(n, n);
    CHECK(gram.cwiseAbs().maxCoeff() / size < kThreshold);
    reduction.apply_transposed(q.view().middle_cols(0, n));
    double worst = 0.0;
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < n; ++j) worst = std::max(worst, std::abs(q(i, j) - identity(i, j)));
    }
    CHECK(worst / size < kThreshold);
  }
}

TEST_CASE("shifted bands give solves, determinants and traces of the matrix", "[linalg]") {
  for (const Index n : {1, 5, 65, 200, 330}) {
    const Matrix<double> a = positive_definite(n, 0.0, 12);
    const linalg::BandReduction reduction(a, n);
    for (const double shift : {1e-2, 1.0, 1e3}) {
      const Eigen::MatrixXd shifted = full(a) + shift * Eigen::MatrixXd::Identity(n, n);
      const auto factor = linalg::BandCholesky::factor(reduction.band(), shift);
      REQUIRE(factor.has_value());
      const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(shifted);
      CHECK(factor->log_determinant() ==
            Approx(eigen.eigenvalues().array().log().sum()).epsilon(1e-11).margin(1e-11));
      CHECK(factor->trace_of_inverse() ==
            Approx(eigen.eigenvalues().array().inverse().sum()).epsilon(1e-11));
      Matrix<double> c = normal_block(n, 1, 13);
      Eigen::VectorXd b(n);
      for (Index i = 0; i < n; ++i) b(i) = c(i, 0);
      reduction.apply_transposed(c.view().middle_cols(0, 1));
      std::vector<double> x(static_cast<std::size_t>(n));
      for (Index i = 0; i < n; ++i) x[static_cast<std::size_t>(i)] = c(i, 0);
      factor->solve(x);
      for (Index i = 0; i < n; ++i) c(i, 0) = x[static_cast<std::size_t>(i)];
      reduction.apply(c.view().middle_cols(0, 1));
      Eigen::VectorXd solution(n);
      for (Index i = 0; i < n; ++i) solution(i) = c(i, 0);
      const double scale = shifted.norm() * solution.norm() + b.norm();
      CHECK((shifted * solution - b).norm() / (static_cast<double>(n) * scale * kEps) < kThreshold);
    }
  }
}

TEST_CASE("a shift that leaves the band indefinite, or a NaN in it, is refused", "[linalg]") {
  Matrix<double> a = positive_definite(100, 0.0, 14);
  const linalg::BandReduction good(a, 100);
  CHECK_FALSE(linalg::BandCholesky::factor(good.band(), -1.0).has_value());
  a(80, 3) = std::nan("");
  const linalg::BandReduction bad(a, 100);
  CHECK_FALSE(linalg::BandCholesky::factor(bad.band(), 1.0).has_value());
}

TEST_CASE("the reduction has the same bits for any number of threads", "[linalg]") {
  const Index n = 600;
  const Matrix<double> a = positive_definite(n, 0.0, 15);
  const linalg::BandReduction one(a, n, {1});
  const linalg::BandReduction many(a, n, {3});
  bool same = true;
  for (Index i = 0; i < n; ++i) {
    for (Index j = std::max<Index>(0, i - 64); j <= i; ++j) {
      same = same && one.band()(i, j) == many.band()(i, j);
    }
  }
  CHECK(same);
}
