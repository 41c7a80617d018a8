// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/logistic_validation.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/gathered_rows.hpp"
#include "client/regression/ridge_system.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace bochner {
namespace {

constexpr Door kCrossValidateLogistic("cross_validate_logistic");

/// Appends the entry of one ridge.
template <Scalar T>
void summarise(const LabelledRows<T>& rows, const Folds& folds, const std::vector<double>& losses,
               double wrong, LogisticValidation& out) {
  double total = 0.0;
  double sum = 0.0;
  for (Index i = 0; i < rows.x.rows; ++i) {
    const double weight = regression::weight_of(rows, i);
    total += weight;
    sum += weight * losses[static_cast<std::size_t>(i)];
  }
  const double mean = sum / total;
  std::vector<double> deviation(static_cast<std::size_t>(folds.num_units));
  for (Index i = 0; i < rows.x.rows; ++i) {
    const auto unit = static_cast<std::size_t>(folds.unit[static_cast<std::size_t>(i)]);
    deviation[unit] +=
        regression::weight_of(rows, i) * (losses[static_cast<std::size_t>(i)] - mean);
  }
  double squares = 0.0;
  for (const double d : deviation) squares += d * d;
  const auto units = static_cast<double>(folds.num_units);
  out.log_loss.push_back(mean);
  out.standard_error.push_back(std::sqrt(squares * units / (units - 1.0)) / total);
  out.error_rate.push_back(wrong / total);
}

/// The model of one fold, or nothing where its system is singular.
template <Scalar T>
std::optional<LogisticRegression<T>> fitted(const FeatureMap<T>& map, const LabelledRows<T>& rows,
                                            Index num_classes, const LogisticOptions& options,
                                            const Execution& execution) {
  try {
    return LogisticRegression<T>(map, rows, num_classes, options, execution);
  } catch (const regression::SingularSystem&) {
    return std::nullopt;
  }
}

}  // namespace

std::size_t LogisticValidation::best() const {
  return static_cast<std::size_t>(std::min_element(log_loss.begin(), log_loss.end()) -
                                  log_loss.begin());
}

template <Scalar T>
LogisticValidation cross_validate_logistic(const FeatureMap<T>& map, const LabelledRows<T>& rows,
                                           Index num_classes, std::span<const double> ridges,
                                           const Folds& folds, const LogisticOptions& options,
                                           const Execution& execution) {
  const Index n = rows.x.rows;
  regression::require_ridges(kCrossValidateLogistic, ridges);
  regression::require_labelled_rows(kCrossValidateLogistic, rows, map.input_dim(), num_classes);
  regression::require_folds(kCrossValidateLogistic, folds, n);
  regression::require_classes_outside_folds(kCrossValidateLogistic, rows, folds);
  LogisticValidation out;
  Matrix<T> probabilities(n, std::max<Index>(num_classes, 0));
  std::vector<T> weights(static_cast<std::size_t>(n));
  for (const double ridge : ridges) {
    std::vector<double> losses(static_cast<std::size_t>(n));
    double wrong = 0.0;
    LogisticOptions at = options;
    at.ridge = ridge;
    bool regular = true;
    for (Index fold = 0; fold < folds.count && regular; ++fold) {
      // A row of weight zero is as good as absent.
      for (Index i = 0; i < n; ++i) {
        const auto r = static_cast<std::size_t>(i);
        weights[r] = folds.fold[r] == fold ? T{0} : static_cast<T>(regression::weight_of(rows, i));
      }
      const std::optional<LogisticRegression<T>> model =
          fitted(map, LabelledRows<T>{rows.x, rows.labels, weights}, num_classes, at, execution);
      regular = model.has_value();
      if (!regular) break;
      model->predict_probabilities(rows.x, probabilities.view(), execution);
      for (Index i = 0; i < n; ++i) {
        const auto r = static_cast<std::size_t>(i);
        if (folds.fold[r] != fold) continue;
        const T* const row = probabilities.row(i);
        const auto p = static_cast<double>(row[rows.labels[r]]);
        losses[r] = -std::log(std::max(p, static_cast<double>(std::numeric_limits<T>::min())));
        const T* const likeliest = std::max_element(row, row + num_classes);
        if (likeliest - row != rows.labels[r]) wrong += regression::weight_of(rows, i);
      }
    }
    out.ridge.push_back(ridge);
    if (regular) {
      summarise(rows, folds, losses, wrong, out);
    } else {
      constexpr double kInfinity = std::numeric_limits<double>::infinity();
      out.log_loss.push_back(kInfinity);
      out.standard_error.push_back(kInfinity);
      out.error_rate.push_back(1.0);
    }
  }
  return out;
}

template LogisticValidation cross_validate_logistic(const FeatureMap<float>&,
                                                    const LabelledRows<float>&, Index,
                                                    std::span<const double>, const Folds&,
                                                    const LogisticOptions&, const Execution&);
template LogisticValidation cross_validate_logistic(const FeatureMap<double>&,
                                                    const LabelledRows<double>&, Index,
                                                    std::span<const double>, const Folds&,
                                                    const LogisticOptions&, const Execution&);

}  // namespace bochner
