// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/folds.hpp>
#include <bochner/client/regression/logistic_regression.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/field.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <span>
#include <tuple>
#include <vector>

/// \file
/// The log loss of logistic regression on rows that it has not seen, for every ridge.

namespace bochner {

/// One entry per ridge.
struct LogisticValidation {
  std::vector<double> ridge;
  /// Weighted mean of -ln P(class_i | x_i) over all rows, each predicted by the model fitted
  /// without its fold at the same lambda. Infinite where a fold's system is singular.
  std::vector<double> log_loss;
  std::vector<double> standard_error;  ///< of `log_loss`, between units (see Folds)
  std::vector<double> error_rate;  ///< weighted share of rows whose class is not the most probable

  /// The entry with the least log loss, the first of equals.
  BOCHNER_EXPORT std::size_t best() const;

  static constexpr auto fields() {
    return std::tuple{Field{"ridge", &LogisticValidation::ridge},
                      Field{"log_loss", &LogisticValidation::log_loss},
                      Field{"standard_error", &LogisticValidation::standard_error},
                      Field{"error_rate", &LogisticValidation::error_rate}};
  }
};

/// k-fold cross-validation of `LogisticRegression` on `map`: one fit per fold and ridge.
/// `options.ridge` is not used. Throws InvalidArgument on rows, ridges and `folds` as
/// `cross_validate` does, on labels as LogisticRegression does, when the rows outside a fold hold
/// fewer than two classes, and on a ridge that is not positive.
template <Scalar T>
LogisticValidation cross_validate_logistic(const FeatureMap<T>& map, const LabelledRows<T>& rows,
                                           Index num_classes, std::span<const double> ridges,
                                           const Folds& folds, const LogisticOptions& options = {},
                                           const Execution& execution = {});

extern template BOCHNER_EXPORT LogisticValidation cross_validate_logistic(
    const FeatureMap<float>&, const LabelledRows<float>&, Index, std::span<const double>,
    const Folds&, const LogisticOptions&, const Execution&);
extern template BOCHNER_EXPORT LogisticValidation cross_validate_logistic(
    const FeatureMap<double>&, const LabelledRows<double>&, Index, std::span<const double>,
    const Folds&, const LogisticOptions&, const Execution&);

}  // namespace bochner
