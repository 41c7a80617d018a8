// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/logistic_regression.hpp"
#include "bochner/core/matrix.hpp"
#include "client/regression/row_operator.hpp"

/// \file
/// What logistic regression minimises, with its derivatives.

namespace bochner::regression {

/// Outputs to probabilities; returns the logarithm of the sum of exponentials.
double softmax(double* row, Index classes);

/// The objective in centred coordinates: rows 0 .. D - 1 of a point are theta, row D the intercepts
/// of centred features.
template <Scalar T>
class LogisticObjective {
 public:
  /// `model` knows the sum of the rows' weights and the means of their features; `unweighted` are
  /// the same rows without weights. Views of rows must outlive this.
  LogisticObjective(const RowOperator<T>& model, const LabelledRows<T>& rows,
                    const TrainingRows<T>& unweighted, Index classes,
                    const LogisticOptions& options);

  Index features() const { return features_; }

  /// out = f of every row at a point (or along a direction).
  void outputs(const Matrix<double>& point, Matrix<double>& out) const;

  /// Value at a point with these outputs, which become probabilities.
  double value(const Matrix<double>& point, Matrix<double>& outputs) const;

  void gradient(const Matrix<double>& point, const Matrix<double>& probabilities,
                Matrix<double>& out);

  /// out = H v.
  void hessian(const Matrix<double>& probabilities, MatrixView<const double> v,
               MatrixView<double> out);

 private:
  void finish(MatrixView<const double> point, MatrixView<double> out);

  RowOperator<T> z_;
  LabelledRows<T> rows_;
  LogisticOptions options_;
  Index features_;
  Index classes_;
  double weight_;
  Matrix<double> scratch_;
};

extern template class LogisticObjective<float>;
extern template class LogisticObjective<double>;

}  // namespace bochner::regression
