// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/folds.hpp"
#include "bochner/client/regression/logistic_regression.hpp"
#include "bochner/client/regression/ridge_regression.hpp"
#include "bochner/client/regression/training_rows.hpp"
#include "bochner/core/matrix.hpp"
#include "core/door.hpp"

#include <vector>

/// \file
/// Models fitted without some of the rows, all at the penalty W lambda of the model of all rows.

namespace bochner::regression {

/// Rows of positive weight, which are the only ones here, and the models without them.
struct HeldOutFit {
  /// num_features x (models outputs), padded: column k outputs + c is output c of model k.
  Matrix<double> theta;
  std::vector<double> intercepts;
  Matrix<double> outputs;     ///< of each row, by its model
  std::vector<Index> row;     ///< which row of the caller's
  std::vector<Index> model;   ///< that has not seen the row
  std::vector<double> share;  ///< as `unit_shares` has it
};

/// Every row left out, by the closed form: f^(-i)(x) = f(x) - w_i r_i / (1 - w_i q_ii) q(x, x_i),
/// q(x, x') = phi_c(x)^T (A + W lambda I)^-1 phi_c(x') + 1 / W. Throws InvalidArgument where
/// 1 - w_i q_ii is nothing but rounding.
template <Scalar T>
HeldOutFit ridge_without_rows(const Door& door, const FeatureMap<T>& map,
                              const TrainingRows<T>& rows, const RidgeOptions& options,
                              const Execution& execution);

/// Every fold left out, one factorisation each.
template <Scalar T>
HeldOutFit ridge_without_folds(const Door& door, const FeatureMap<T>& map,
                               const TrainingRows<T>& rows, const Folds& folds,
                               const RidgeOptions& options, const Execution& execution);

/// The same of logistic regression; outputs are the models' before they become probabilities.
template <Scalar T>
HeldOutFit logistic_without_folds(const Door& door, const FeatureMap<T>& map,
                                  const LabelledRows<T>& rows, Index num_classes,
                                  const Folds& folds, const LogisticOptions& options,
                                  const Execution& execution);

}  // namespace bochner::regression
