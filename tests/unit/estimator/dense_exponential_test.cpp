// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/optimal_parameter.hpp"
#include "bochner/random/stream.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>

using namespace bochner;

// Dense exponential features [Likhosherstov23] replace the number a of OPRF features by matrices,
//   exp(x.y) = E D^2 exp(2 w.A w + w.(B1 x + B2 y) + x.C1 x + y.C2 y),
//   B1^T (I - 4A)^{-1} B2 = I,  C = -B^T (I - 4A)^{-1} B / 2,  D^4 = det(I - 4A),
// for A < I / 8. The library has no such map; their optima for data, and hence what a map could
// gain over OPRF features, are checked here as statements.

namespace {

constexpr int kDim = 4;
constexpr int kRows = 60;
using Matrix4 = Eigen::Matrix<double, kDim, kDim>;
using Vector4 = Eigen::Matrix<double, kDim, 1>;
using Rows = Eigen::Matrix<double, kRows, kDim>;

double normal(std::uint64_t item, Index i) {
  return Stream({15}, Purpose::study, item).normal(static_cast<std::uint64_t>(i));
}

Matrix4 random_matrix(std::uint64_t item) {
  return Matrix4::NullaryExpr([&](Index i, Index j) { return normal(item, i * kDim + j); });
}

Matrix4 function_of(const Matrix4& symmetric, const std::function<double(double)>& f) {
  const Eigen::SelfAdjointEigenSolver<Matrix4> solver(symmetric);
  return solver.eigenvectors() * solver.eigenvalues().unaryExpr(f).asDiagonal() *
         solver.eigenvectors().transpose();
}
Matrix4 root(const Matrix4& a) {
  return function_of(a, [](double x) { return std::sqrt(x); });
}
Matrix4 inverse_root(const Matrix4& a) {
  return function_of(a, [](double x) { return 1.0 / std::sqrt(x); });
}

struct Data {
  Rows x;
  Rows y;
  Matrix4 square_x() const { return x.transpose() * x / kRows; }
  Matrix4 square_y() const { return y.transpose() * y / kRows; }
  Vector4 mean_x() const { return x.colwise().mean(); }
  Vector4 mean_y() const { return y.colwise().mean(); }
};

/// Of different scales in different directions, and off the origin.
Data data(std::uint64_t item) {
  const auto rows = [](std::uint64_t which) -> Rows {
    const Rows g = Rows::NullaryExpr(
        [&](Index i, Index j) { return 0.35 * normal(which, i * kDim + j) + 0.05; });
    return g * (Matrix4::Identity() + 0.5 * random_matrix(which + 1));
  };
  return {rows(100 * item), rows(100 * item + 10)};
}

struct Dense {
  Matrix4 a;
  Matrix4 b1;
  Matrix4 b2;
};

/// Mean over all pairs of the logarithm of E f^2; infinite where a variance is.
double mean_log_square(const Dense& map, const Data& data) {
  const Matrix4 narrow = Matrix4::Identity() - 4.0 * map.a;
  const Matrix4 narrower = Matrix4::Identity() - 8.0 * map.a;
  if (Eigen::SelfAdjointEigenSolver<Matrix4>(narrower).eigenvalues().minCoeff() <= 0.0) {
    return INFINITY;
  }
  CHECK((map.b1.transpose() * narrow.inverse() * map.b2 - Matrix4::Identity()).norm() < 1e-9);
  const Matrix4 c1 = -0.5 * map.b1.transpose() * narrow.inverse() * map.b1;
  const Matrix4 c2 = -0.5 * map.b2.transpose() * narrow.inverse() * map.b2;
  const Matrix4 inverse = narrower.inverse();
  double sum = 0.0;
  for (int i = 0; i < kRows; ++i) {
    const Vector4 x = data.x.row(i);
    for (int j = 0; j < kRows; ++j) {
      const Vector4 y = data.y.row(j);
      const Vector4 u = map.b1 * x + map.b2 * y;
      sum += 2.0 * u.dot(inverse * u) + 2.0 * x.dot(c1 * x) + 2.0 * y.dot(c2 * y);
    }
  }
  return std::log(narrow.determinant()) - 0.5 * std::log(narrower.determinant()) +
         sum / (kRows * kRows);
}

/// One A and one rotation for both sides.
Dense symmetric(const Vector4& a, const Matrix4& rotation) {
  const Vector4 stretch = (1.0 - 4.0 * a.array()).sqrt();
  const Matrix4 b = stretch.asDiagonal() * rotation.transpose();
  return {a.asDiagonal(), b, b};
}

/// A number and a change of basis.
Dense asymmetric(double a, const Matrix4& p) {
  const double stretch = std::sqrt(1.0 - 4.0 * a);
  return {a * Matrix4::Identity(), stretch * p, stretch * p.inverse().transpose()};
}

/// The optimum among symmetric ones: the eigenvectors of the mean of (x + y)(x + y)^T, and OPRF's
/// parameter for each eigenvalue.
Dense best_symmetric(const Data& data) {
  const Matrix4 crossed = data.mean_x() * data.mean_y().transpose();
  const Eigen::SelfAdjointEigenSolver<Matrix4> solver(data.square_x() + data.square_y() + crossed +
                                                      crossed.transpose());
  return symmetric(
      solver.eigenvalues().unaryExpr([](double s) { return optimal_oprf_parameter(s, 1); }),
      solver.eigenvectors());
}

/// The optimum among asymmetric ones: the geometric mean of M1^{-1} and M2.
Dense best_asymmetric(const Data& data) {
  const Matrix4 half = root(data.square_x());
  const Matrix4 inverse_half = inverse_root(data.square_x());
  const Matrix4 middle = root(half * data.square_y() * half);
  const double sum = 2.0 * middle.trace() + 2.0 * data.mean_x().dot(data.mean_y());
  return asymmetric(optimal_oprf_parameter(sum, kDim), root(inverse_half * middle * inverse_half));
}

Matrix4 rotation_near(const Matrix4& rotation, std::uint64_t item, double size) {
  const Matrix4 moved = rotation + size * random_matrix(item);
  return moved.householderQr().householderQ();
}

}  // namespace

TEST_CASE("optima of dense exponential features, against perturbations", "[dense_exponential]") {
  for (const std::uint64_t item : {1u, 2u, 3u}) {
    const Data at = data(item);
    const Matrix4 crossed = at.mean_x() * at.mean_y().transpose();
    const Matrix4 sums = at.square_x() + at.square_y() + crossed + crossed.transpose();
    const Dense sderf = best_symmetric(at);
    const Dense aderf = best_asymmetric(at);
    const double symmetric_cost = mean_log_square(sderf, at);
    const double asymmetric_cost = mean_log_square(aderf, at);
    CAPTURE(item, symmetric_cost, asymmetric_cost);

    const Eigen::SelfAdjointEigenSolver<Matrix4> solver(sums);
    const Matrix4 basis = aderf.b1 / std::sqrt(1.0 - 4.0 * aderf.a(0, 0));
    int finite = 0;
    for (std::uint64_t k = 0; k < 350; ++k) {
      const double size = 0.3 * std::pow(0.98, static_cast<double>(k));
      Vector4 a = sderf.a.diagonal();
      for (Index l = 0; l < kDim; ++l) a(l) = std::min(a(l) + size * normal(5000 + k, l), 0.124);
      const double near =
          mean_log_square(symmetric(a, rotation_near(solver.eigenvectors(), 6000 + k, size)), at);
      CHECK(near >= symmetric_cost - 1e-12);
      const double other =
          mean_log_square(asymmetric(std::min(aderf.a(0, 0) + size * normal(7000 + k, 0), 0.124),
                                     basis + size * random_matrix(8000 + k)),
                          at);
      CHECK(other >= asymmetric_cost - 1e-12);
      finite += std::isfinite(near) && std::isfinite(other) ? 1 : 0;
    }
    CHECK(finite > 300);

    // What each gains: one number for all directions is a special case of both; the asymmetric
    // basis first and the symmetric optimum in it is at least as good as the former.
    const double plain = mean_log_square(asymmetric(0.0, Matrix4::Identity()), at);
    const double oprf = mean_log_square(
        asymmetric(optimal_oprf_parameter(sums.trace(), kDim), Matrix4::Identity()), at);
    Data moved = at;
    moved.x = at.x * basis.transpose();
    moved.y = at.y * basis.inverse();
    const double composed = mean_log_square(best_symmetric(moved), moved);
    CHECK(oprf < plain);
    CHECK(symmetric_cost <= oprf);
    CHECK(asymmetric_cost <= oprf);
    CHECK(composed <= asymmetric_cost);
    // The twin: the parameter from |z|^2 instead of |z|^2 / d.
    CHECK(mean_log_square(asymmetric(optimal_oprf_parameter(sums.trace(), 1), basis), at) >
          asymmetric_cost + 1e-3);
  }
}
