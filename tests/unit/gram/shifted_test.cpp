// SPDX-License-Identifier: Apache-2.0
#include "problems.hpp"

#include <bochner/client/gram/shifted.hpp>
#include <bochner/core/error.hpp>

#include <catch2/catch.hpp>

#include <Eigen/Eigenvalues>

#include <limits>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

template <class T>
constexpr double kTolerance = std::is_same_v<T, float> ? 1e-4 : 1e-11;

}  // namespace

TEST_CASE("a shift below the rounding errors of the matrix is refused", "[gram]") {
  Matrix<double> same(40, 3);
  for (Index i = 0; i < same.size(); ++i) same.data()[i] = 0.3;
  const FeatureMap<double> narrow(gram_spec(3, 8, GaussianKernel{}, TrigonometricFeatures{}));
  const FeatureMap<double> wide(gram_spec(3, 64, GaussianKernel{}, TrigonometricFeatures{}));
  for (const FeatureMap<double>& map : {narrow, wide}) {
    const GramApproximation<double> gram(map, same.view());
    for (const double lambda : {1e-17, 1e-16, 1e-15}) {
      CHECK_THROWS_WITH(ShiftedGram<double>(gram, lambda), Contains("rounding errors"));
    }
    CHECK_NOTHROW(ShiftedGram<double>(gram, 1e-6));
  }
}

TEMPLATE_TEST_CASE("systems, determinants and eigenpairs are those of the dense matrix", "[gram]",
                   float, double) {
  // More rows than features, fewer, and rows whose exponents differ.
  struct Case {
    Index rows;
    Kernel kernel;
    FeatureFunction features;
    double size;
  };
  for (const Case& c : {Case{300, GaussianKernel{Isotropic{2.0}}, TrigonometricFeatures{}, 1.0},
                        Case{50, GaussianKernel{Isotropic{2.0}}, TrigonometricFeatures{}, 1.0},
                        Case{300, SoftmaxKernel{0.3}, PositiveFeatures{}, 3.0}}) {
    const auto x = normal_matrix<TestType>(c.rows, 4, 1, c.size);
    const FeatureMap<TestType> map(gram_spec(4, 60, c.kernel, c.features));
    const Eigen::MatrixXd k = approximate<TestType>(map, x);
    const double lambda = 0.02 * k.norm();
    const Eigen::MatrixXd m = k + lambda * Eigen::MatrixXd::Identity(c.rows, c.rows);
    const GramApproximation<TestType> gram(map, x);
    const ShiftedGram<TestType> shifted(gram, lambda);
    for (const Index columns : {1, 8}) {
      Matrix<double> b = normal_matrix<double>(c.rows, columns, 2);
      const Eigen::MatrixXd expected = m.ldlt().solve(dense(b));
      Matrix<double> out(c.rows, columns);
      shifted.solve(b, out);
      CHECK(relative(dense(out), expected) < kTolerance<TestType>);
      Matrix<double> again(c.rows, columns);
      shifted.solve(b, again, Execution{3});
      CHECK(dense(again) == dense(out));
      const GramSolveReport report = solve(gram, shifted, b, again, {.tolerance = 1e-6});
      CHECK(report.converged);
      CHECK(report.iterations <= 3);
      CHECK(relative(dense(again), expected) < std::max(1e-5, kTolerance<TestType>));
    }
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> reference(k);
    double log_determinant = 0.0;
    for (Index i = 0; i < c.rows; ++i) {
      log_determinant += std::log(std::max(reference.eigenvalues()[i], 0.0) + lambda);
    }
    CHECK(shifted.log_determinant() == Approx(log_determinant).epsilon(kTolerance<TestType>));
    const GramEigenpairs pairs = eigenpairs(gram, 5);
    REQUIRE(pairs.values.size() == 5);
    const Eigen::MatrixXd u = dense(pairs.vectors);
    CHECK((u.transpose() * u - Eigen::MatrixXd::Identity(5, 5)).norm() <
          1e3 * kTolerance<TestType>);
    for (Index j = 0; j < 5; ++j) {
      const double value = pairs.values[static_cast<std::size_t>(j)];
      CHECK(value == Approx(reference.eigenvalues()[c.rows - 1 - j]).epsilon(kTolerance<TestType>));
      CHECK((k * u.col(j) - value * u.col(j)).norm() < kTolerance<TestType> * k.norm());
    }
  }
}

TEST_CASE("eigenpairs end where rounding begins", "[gram]") {
  const Matrix<double> f = normal_matrix<double>(40, 3, 1);
  CHECK(eigenpairs(GramApproximation<double>(f.view()), 10).values.size() == 3);
  const Matrix<double> flat(40, 3);
  CHECK(eigenpairs(GramApproximation<double>(flat.view()), 10).values.empty());
}

TEST_CASE("features precondition the exact matrix", "[gram]") {
  const auto x = normal_matrix<double>(400, 3, 1);
  const Kernel kernel = GaussianKernel{Isotropic{2.0}};
  const ExactGram gram(kernel, x);
  const auto b = normal_matrix<double>(400, 2, 2);
  const double lambda = 0.1;
  const auto iterations = [&](Index frequencies) {
    const FeatureMap<double> map(gram_spec(3, frequencies, kernel, TrigonometricFeatures{}));
    const ShiftedGram<double> preconditioner(GramApproximation<double>(map, x), lambda);
    Matrix<double> out(400, 2);
    const GramSolveReport report = solve(gram, preconditioner, b, out, {.tolerance = 1e-10});
    CHECK(report.converged);
    CHECK(report.residual <= 1e-10);
    const Eigen::MatrixXd m = exact(kernel, x) + lambda * Eigen::MatrixXd::Identity(400, 400);
    CHECK(relative(dense(out), m.ldlt().solve(dense(b))) < 1e-7);
    return report.iterations;
  };
  CHECK(iterations(2000) < iterations(4));
}

TEST_CASE("shifted matrices refuse what they cannot solve", "[gram]") {
  const Matrix<double> f = normal_matrix<double>(6, 2, 1);
  const GramApproximation<double> gram(f.view());
  for (const double lambda : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                              std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH(ShiftedGram<double>(gram, lambda), Contains("ShiftedGram: lambda is"));
  }
  const Matrix<double> flat(6, 8);
  CHECK_NOTHROW(ShiftedGram<double>(GramApproximation<double>(flat.view()), 1.0));
  const ShiftedGram<double> shifted(gram, 1.0);
  Matrix<double> b(6, 1);
  Matrix<double> short_b(5, 1);
  CHECK_THROWS_WITH(shifted.solve(short_b, b), Contains("b is 5 x 1, expected 6 x m"));
  CHECK_THROWS_WITH(shifted.solve(b, short_b), Contains("out is 5 x 1"));
  CHECK_THROWS_WITH(solve(gram, shifted, b, short_b), Contains("x is 5 x 1"));
  CHECK_THROWS_WITH(solve(gram, shifted, b, b, {.tolerance = 0.0}), Contains("tolerance is 0"));
  CHECK_THROWS_WITH(solve(gram, shifted, b, b, {.max_iterations = -1}), Contains("max_iterations"));
  const Matrix<double> other = normal_matrix<double>(5, 2, 1);
  CHECK_THROWS_WITH(solve(GramApproximation<double>(other.view()), shifted, short_b, short_b),
                    Contains("the preconditioner has 6 rows, expected 5"));
  CHECK_THROWS_WITH(eigenpairs(gram, 0), Contains("count is 0, expected at least 1"));
  b(3, 0) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(shifted.solve(b, b), Contains("b: row 3, column 0 is nan"));
}
