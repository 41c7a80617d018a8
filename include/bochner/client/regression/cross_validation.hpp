// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/folds.hpp>
#include <bochner/client/regression/ridge_regression.hpp>
#include <bochner/client/regression/training_rows.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/field.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <array>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

/// \file
/// The loss on rows that a model has not seen, for every ridge.

namespace bochner {

/// What a held-out row costs.
enum class Loss {
  squared,           ///< (y - f)^2 over the target's variance, mean over the targets: 1 - R^2
  misclassification  ///< 1 where the largest output is not that of the largest target
};
constexpr std::array<std::string_view, 2> names_of(Loss) {
  return {"squared", "misclassification"};
}

/// One entry per ridge.
struct CrossValidation {
  std::vector<double> ridge;
  /// Weighted mean loss over all rows, each predicted by the model fitted without its fold at the
  /// same lambda. Infinite where a fold's system is singular.
  std::vector<double> loss;
  /// Of `loss`, between units (see Folds): what the draw of the units leaves open. It does not
  /// include the variation between choices of folds.
  std::vector<double> standard_error;
  /// Mean squared error in the targets' own units, ridges x targets.
  Matrix<double> squared_error;
  /// The sum of the weighted losses of each unit, ridges x units: for paired comparisons.
  Matrix<double> unit_loss;

  /// The index of the ridge with the least loss, the first of equals.
  BOCHNER_EXPORT std::size_t best() const;

  static constexpr auto fields() {
    return std::tuple{Field{"ridge", &CrossValidation::ridge},
                      Field{"loss", &CrossValidation::loss},
                      Field{"standard_error", &CrossValidation::standard_error},
                      Field{"squared_error", &CrossValidation::squared_error},
                      Field{"unit_loss", &CrossValidation::unit_loss}};
  }
};

/// k-fold cross-validation of ridge regression on `map`. Rows are read once: their features make
/// the moments of each fold, and are recomputed to predict it. One factorisation per fold serves
/// all ridges. O(n D^2 + k D^3 + ridges (k D^2 + n D t)) operations, (k + 2) D^2 numbers. Throws
/// InvalidArgument on rows as NormalEquations does, on a ridge that is not in [0, 1e100], without
/// ridges, and when `folds` are of another number of rows, divide a unit, or are fewer than two.
template <Scalar T>
CrossValidation cross_validate(const FeatureMap<T>& map, const TrainingRows<T>& rows,
                               std::span<const double> ridges, const Folds& folds,
                               Loss loss = Loss::squared, Intercept intercept = Intercept::fitted,
                               const Execution& execution = {});

extern template BOCHNER_EXPORT CrossValidation cross_validate(const FeatureMap<float>&,
                                                              const TrainingRows<float>&,
                                                              std::span<const double>, const Folds&,
                                                              Loss, Intercept, const Execution&);
extern template BOCHNER_EXPORT CrossValidation cross_validate(const FeatureMap<double>&,
                                                              const TrainingRows<double>&,
                                                              std::span<const double>, const Folds&,
                                                              Loss, Intercept, const Execution&);

}  // namespace bochner
