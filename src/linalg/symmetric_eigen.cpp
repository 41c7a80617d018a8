// SPDX-License-Identifier: Apache-2.0
#include "linalg/symmetric_eigen.hpp"

#include <Eigen/Eigenvalues>

#include <algorithm>

namespace bochner::linalg {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

}  // namespace

std::optional<EigenDecomposition> symmetric_eigen(MatrixView<const double> a) {
  EigenDecomposition result{std::vector<double>(static_cast<std::size_t>(a.rows)),
                            Matrix<double>(a.rows, a.rows)};
  if (a.rows == 0) return result;
  Eigen::MatrixXd lower = Eigen::MatrixXd::Zero(a.rows, a.rows);
  for (Index i = 0; i < a.rows; ++i) {
    for (Index j = 0; j <= i; ++j) lower(i, j) = a(i, j);
  }
  if (!lower.allFinite()) return std::nullopt;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(lower);
  if (solver.info() != Eigen::Success) return std::nullopt;
  std::copy_n(solver.eigenvalues().data(), a.rows, result.values.begin());
  Eigen::Map<RowMajor>(result.vectors.data(), a.rows, a.rows) = solver.eigenvectors();
  return result;
}

}  // namespace bochner::linalg
