// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/ridge_regression.hpp"
#include "bochner/client/regression/training_rows.hpp"
#include "bochner/core/matrix.hpp"
#include "bochner/feature_map.hpp"
#include "core/door.hpp"

#include <vector>

/// \file
/// The rows of a linear model as an operator: features are recomputed, block by block, whenever
/// it is applied, and never stored.

namespace bochner::regression {

/// Z, whose rows are sqrt(w_i) (phi(x_i) - mean phi); without an intercept the mean is zero. Sums
/// are taken in double, over rows in constant chunks that are folded in order: the same bits for
/// any number of threads.
template <Scalar T>
class RowOperator {
 public:
  /// The rows must have been checked. One pass, for the means; throws InvalidArgument when no row
  /// has a positive weight.
  RowOperator(const Door& door, FeatureMap<T> map, const TrainingRows<T>& rows, Intercept intercept,
              const Execution& execution);

  /// Other rows of the same model, scaled: sqrt(scale w_i) (phi(x_i) - the same mean).
  RowOperator(const RowOperator& model, const TrainingRows<T>& rows, double scale);

  Index num_rows() const { return rows_.x.rows; }
  double weight() const { return weight_; }
  const std::vector<double>& mean_features() const { return mean_; }

  /// out = Z v, num_rows x t.
  void multiply(MatrixView<const double> v, MatrixView<double> out) const;
  /// out = Z^T u, num_features x t.
  void multiply_transposed(MatrixView<const double> u, MatrixView<double> out) const;
  /// out = Z^T Z v in one pass.
  void multiply_gram(MatrixView<const double> v, MatrixView<double> out) const;
  /// Lower triangle of Z Z^T, rows padded to whole panels.
  Matrix<double> row_products() const;

 private:
  template <class Rows>
  void sum_over_rows(Index targets, MatrixView<double> out, const Rows& coefficients) const;
  double root(Index row) const;
  Matrix<double> turned(MatrixView<const double> v, std::vector<double>& shift) const;

  Door door_;
  FeatureMap<T> map_;
  TrainingRows<T> rows_;
  Execution execution_;
  double scale_ = 1.0;
  double weight_ = 0.0;
  std::vector<double> mean_;
};

extern template class RowOperator<float>;
extern template class RowOperator<double>;

}  // namespace bochner::regression
