// SPDX-License-Identifier: Apache-2.0
#include "problems.hpp"

#include <bochner/client/gram.hpp>
#include <bochner/eigen.hpp>

#include <Eigen/IterativeLinearSolvers>
#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;

namespace {

template <class Gram>
void check_solver(const Gram& gram, const Eigen::MatrixXd& k) {
  const double lambda = 0.5;
  const Eigen::VectorXd b = dense(normal_matrix<double>(gram.size(), 1, 2));
  const EigenGram<Gram> shifted(gram, lambda);
  Eigen::ConjugateGradient<EigenGram<Gram>, Eigen::Lower | Eigen::Upper,
                           Eigen::IdentityPreconditioner>
      solver;
  solver.setTolerance(1e-10);
  solver.compute(shifted);
  const Eigen::VectorXd x = solver.solve(b);
  CHECK(solver.info() == Eigen::Success);
  const Eigen::MatrixXd m = k + lambda * Eigen::MatrixXd::Identity(k.rows(), k.cols());
  CHECK(relative(x, m.ldlt().solve(b)) < 1e-8);
}

}  // namespace

TEST_CASE("Eigen's iterative solvers take Gram matrices", "[gram]") {
  const auto x = normal_matrix<double>(150, 3, 1);
  const Kernel kernel = GaussianKernel{Isotropic{2.0}};
  const FeatureMap<double> map(gram_spec(3, 40, kernel, TrigonometricFeatures{}));
  check_solver(ExactGram(kernel, x), exact(kernel, x));
  check_solver(GramApproximation<double>(map, x), approximate<double>(map, x));
}
