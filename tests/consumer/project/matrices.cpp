// SPDX-License-Identifier: Apache-2.0
//
// Eigen matrices of both storage orders in, results out, in a program compiled for another
// instruction set than the library: alignment and ownership must not depend on the caller's flags.

#include <bochner/bochner.hpp>
#include <bochner/eigen.hpp>

#include <Eigen/Core>

#include <cstdint>
#include <utility>
#include <vector>

int main() {
  const Eigen::MatrixXd by_columns = Eigen::MatrixXd::Random(131, 7);
  const bochner::EigenRowMajor<double> by_rows = by_columns;
  const bochner::FeatureMap<double> map({.input_dim = 7, .num_frequencies = 21});

  const auto features = [&](bochner::MatrixView<const double> x) {
    bochner::Matrix<double> phi(x.rows, map.num_features());
    std::vector<std::int32_t> exponent(131);
    map.apply(bochner::Side::query, x, {phi, exponent});
    return phi;
  };
  bochner::Matrix<double> phi = features(by_columns);
  const Eigen::MatrixXd copied = bochner::as_eigen(phi);
  phi = features(by_rows);

  Eigen::MatrixXd into_columns(131, map.num_features());
  std::vector<std::int32_t> exponent(131);
  map.apply(bochner::Side::query, by_rows, {into_columns, exponent});

  bochner::Matrix<double> moved = std::move(phi);
  const Eigen::MatrixXd w = bochner::as_eigen(std::as_const(moved)).transpose() * by_columns;
  return bochner::as_eigen(moved) == copied && into_columns == copied && w.allFinite() ? 0 : 1;
}
