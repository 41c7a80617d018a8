// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/leverage.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/ridge_system.hpp"
#include "linalg/cholesky.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <utility>

namespace bochner {

template <Scalar T>
std::vector<double> ridge_leverage(const NormalEquations<T>& equations, double ridge,
                                   Intercept intercept, const Execution& execution) {
  constexpr Door kDoor("ridge_leverage");
  regression::require_ridge(kDoor, ridge);
  const Index n = equations.num_features();
  regression::RidgeSystem system = regression::ridge_system(kDoor, equations, intercept, execution);
  regression::factorise_or_refuse(kDoor, system, ridge, execution);
  const double penalty = system.weight * ridge;
  // A (A + p I)^-1 = I - p R^-1 R^-T, whose diagonal is the squared columns of R^-T.
  Matrix<double> columns(n, simd::padded<double>(n));
  for (Index i = 0; i < n; ++i) columns(i, i) = 1.0;
  linalg::solve_transposed(system.square(), columns.view().middle_cols(0, n), execution);
  std::vector<double> squares(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j <= i; ++j) {
      squares[static_cast<std::size_t>(j)] += columns(i, j) * columns(i, j);
    }
  }
  for (double& square : squares) square = std::clamp(1.0 - penalty * square, 0.0, 1.0);
  return squares;
}

template std::vector<double> ridge_leverage(const NormalEquations<float>&, double, Intercept,
                                            const Execution&);
template std::vector<double> ridge_leverage(const NormalEquations<double>&, double, Intercept,
                                            const Execution&);

}  // namespace bochner
