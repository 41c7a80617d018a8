// SPDX-License-Identifier: Apache-2.0
#include "linalg/conjugate_gradients.hpp"

#include "matrices.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using bochner::Index;
using bochner::Matrix;
using bochner::MatrixView;
using bochner::linalg::conjugate_gradients;
using bochner::linalg::LinearOperator;
using Outcome = bochner::linalg::ConjugateGradientsOutcome;

namespace {

LinearOperator product_with(const Matrix<double>& lower) {
  return [&lower](MatrixView<const double> x, MatrixView<double> out) {
    for (Index i = 0; i < x.rows; ++i) {
      for (Index j = 0; j < x.cols; ++j) {
        double sum = 0.0;
        for (Index k = 0; k < x.rows; ++k) sum += symmetric(lower, i, k) * x(k, j);
        out(i, j) = sum;
      }
    }
  };
}

LinearOperator scaling(std::vector<double> diagonal) {
  return [diagonal = std::move(diagonal)](MatrixView<const double> x, MatrixView<double> out) {
    for (Index i = 0; i < x.rows; ++i) {
      for (Index j = 0; j < x.cols; ++j) {
        out(i, j) = diagonal[static_cast<std::size_t>(i)] * x(i, j);
      }
    }
  };
}

/// The largest |b - A x| / |b| over columns.
double residual(const LinearOperator& a, const Matrix<double>& b, const Matrix<double>& x) {
  Matrix<double> image(x.rows(), x.cols());
  a(x, image);
  double worst = 0.0;
  for (Index j = 0; j < b.cols(); ++j) {
    double error = 0.0, scale = 0.0;
    for (Index i = 0; i < b.rows(); ++i) {
      error += (b(i, j) - image(i, j)) * (b(i, j) - image(i, j));
      scale += b(i, j) * b(i, j);
    }
    worst = std::max(worst, std::sqrt(error / scale));
  }
  return worst;
}

}  // namespace

TEST_CASE("a positive definite system is solved to its tolerance", "[cg]") {
  const Index n = 50;
  const Matrix<double> lower = bochner::positive_definite(n, 0.1, 1);
  const LinearOperator a = product_with(lower);
  const Matrix<double> b = bochner::normal_block(n, 8, 2);
  for (const double tolerance : {1e-3, 1e-10}) {
    Matrix<double> x(n, 8);
    const auto report = conjugate_gradients(a, {}, b, x, {.tolerance = tolerance});
    CHECK(report.outcome == Outcome::converged);
    CHECK(report.residual <= tolerance);
    CHECK(residual(a, b, x) <= 2 * tolerance);
    // From the solution there is nothing left to do.
    CHECK(conjugate_gradients(a, {}, b, x, {.tolerance = 2 * tolerance}).iterations == 0);
  }
}

TEST_CASE("n iterations are enough, and a column does not hear its neighbours", "[cg]") {
  const Index n = 12;
  const Matrix<double> lower = bochner::positive_definite(n, 1.0, 3);
  const LinearOperator a = product_with(lower);
  Matrix<double> b = bochner::normal_block(n, 8, 4);
  for (Index i = 0; i < n; ++i) b(i, 1) = 0.0;
  Matrix<double> together(n, 8);
  const auto report = conjugate_gradients(a, {}, b, together, {.tolerance = 1e-12});
  CHECK(report.outcome == Outcome::converged);
  CHECK(report.iterations <= n + 1);
  for (Index j = 0; j < 8; ++j) {
    Matrix<double> alone(n, 1);
    alone(0, 0) = j == 1 ? 7.0 : 0.0;
    conjugate_gradients(a, {}, b.view().middle_cols(j, 1), alone, {.tolerance = 1e-12});
    bool same = true;
    for (Index i = 0; i < n; ++i) same &= alone(i, 0) == together(i, j);
    CHECK(same);
    if (j == 1) CHECK(alone(0, 0) == 0.0);
  }
}

TEST_CASE("a preconditioner saves iterations", "[cg]") {
  std::vector<double> diagonal, inverse;
  for (int i = 0; i < 100; ++i) {
    diagonal.push_back(std::pow(10.0, i / 20.0));
    inverse.push_back((1.0 + 0.1 * (i % 3)) / diagonal.back());
  }
  const LinearOperator a = scaling(diagonal);
  const Matrix<double> b = bochner::normal_block(100, 8, 5);
  Matrix<double> plain(100, 8), helped(100, 8);
  const auto without = conjugate_gradients(a, {}, b, plain);
  const auto with = conjugate_gradients(a, scaling(inverse), b, helped);
  CHECK(without.outcome == Outcome::converged);
  CHECK(with.outcome == Outcome::converged);
  CHECK(residual(a, b, helped) < 1e-7);
  CHECK(with.iterations <= 4);  // three distinct eigenvalues
  CHECK(without.iterations > 40);
}

TEST_CASE("what cannot converge says why", "[cg]") {
  const Matrix<double> b = bochner::normal_block(3, 8, 6);
  Matrix<double> x(3, 8);
  CHECK(conjugate_gradients(scaling({1, 10, 100}), {}, b, x, {.max_iterations = 2}).outcome ==
        Outcome::iteration_limit);
  for (const double bad : {-1.0, 0.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    Matrix<double> y(3, 8);
    const auto report = conjugate_gradients(scaling({bad, bad, bad}), {}, b, y);
    CHECK(report.outcome == Outcome::breakdown);
    CHECK(std::all_of(y.data(), y.data() + y.size(), [](double entry) { return entry == 0.0; }));
    CHECK(conjugate_gradients(scaling({1, 2, 3}), scaling({bad, bad, bad}), b, y).outcome ==
          Outcome::breakdown);
  }
  Matrix<double> nan(3, 1);
  nan(1, 0) = std::nan("");
  Matrix<double> y(3, 1);
  const auto report = conjugate_gradients(scaling({1, 2, 3}), {}, nan, y);
  CHECK(report.outcome == Outcome::breakdown);
  CHECK(std::isnan(report.residual));
}
